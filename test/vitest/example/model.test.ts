// What a suite of somebody else's model looks like: strings from files, metrics, matchers.
import { compile, measureSamples, parseRhm, readTokenFile, rhmSource } from 'pcfg-diffusion'
import 'pcfg-diffusion/vitest'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const source = rhmSource(compile(parseRhm(JSON.parse(readFileSync('grammar.json', 'utf8')))))
const train = readTokenFile('train.jsonl', 'train', source)
const metrics = (file: string) => measureSamples(source, readTokenFile(file, 'samples', source), { train })

test('a model that reads the whole grammar', async () => {
  const fresh = await metrics('fresh.jsonl')
  expect(fresh).toAcquireLevel(3)
  expect(fresh).toCopyAtMost(0.05)
  await expect(fresh).toMatchBaseline('baseline.json', { source })
})

test('a model that learned its training strings by heart', async () => {
  const copied = await metrics('train.jsonl')
  expect(copied).not.toCopyAtMost(0.05)
  await expect(copied).not.toMatchBaseline('baseline.json', { source })
})

test('fails, and says what moved', async () => {
  await expect(await metrics('train.jsonl')).toMatchBaseline('baseline.json', { source })
})
