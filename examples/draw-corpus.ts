/** Draws a Random Hierarchy Model and a corpus of it, and prints what no loss falls below. */

import { rhmSource, writeCorpus } from 'pcfg-diffusion/corpus'
import { compile, randomRhm } from 'pcfg-diffusion/grammar'

const P = 64
const source = rhmSource(compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: '1' })))
await writeCorpus('corpus', source, { train: P, test: 1024, seed: '0' }, { format: 'jsonl', tree: true })

const { entropy, levels } = source.truth
console.log(source.description)
console.log(`H = ${entropy.toFixed(3)} nats per string: what the grammar alone predicts`)
console.log(
  `ln P = ${Math.log(P).toFixed(3)} nats: what whoever knows the ${P} training strings predicts of them`,
)
levels.thresholds.reuse.forEach((strings, i) => {
  console.log(`level ${i + 1} takes about ${Math.round(strings)} training strings`)
})
