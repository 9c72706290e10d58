/** Scores samples from elsewhere. These are of a "model" that joins the halves of two training strings. */

import { writeFile } from 'node:fs/promises'
import { measureSamples } from 'pcfg-diffusion/analysis'
import { drawCorpus, readTokenFile, rhmSource } from 'pcfg-diffusion/corpus'
import { compile, randomRhm } from 'pcfg-diffusion/grammar'

const source = rhmSource(compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: '1' })))
const { train } = drawCorpus(source, { train: 2000, test: 0, seed: '0' })

const half = (string: number, from: number) => train.tokens.subarray(8 * string + from, 8 * string + from + 4)
const joined = Array.from({ length: 2000 }, (_, i) => [...half(i, 0), ...half((i + 1) % 2000, 4)])
await writeFile('samples.txt', joined.map((tokens) => tokens.join(' ')).join('\n'))

const samples = readTokenFile('samples.txt', 'samples', source)
const { levels, copies } = await measureSamples(source, samples, { train })
for (const { level, nodeValidity, acquisition, blockCopies } of levels!)
  console.log({ level, nodeValidity, acquisition, blockCopies })
console.log(`${copies!.rate} of the samples are training strings, ${copies!.expected} by chance`)
