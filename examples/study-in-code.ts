/** A study of two cells: one network on 8 strings of a grammar, one on 24. Running it again continues where it stands. */

import { collect, parseStudy, runStudy, writeReport } from 'pcfg-diffusion/study'

const study = parseStudy(`
  name: tiny
  base:
    grammar: { v: 6, m: 2, s: 2, L: 2 }
    corpus: { test: 16 }
    steps: 100
    checkpoints: { count: 4 }
  axes:
    - corpus.train: [8, 24]
  analysis: { samples: 100, strings: 16 }
`)
const directory = 'studies/tiny'
const failed = await runStudy(study, {
  directory,
  onProgress: ({ key }, { share, note }) => console.log(`${key} ${Math.round(100 * share)} % ${note}`),
})
for (const [key, message] of failed) console.error(`${key}: ${message}`)
console.log(await writeReport(directory, collect(directory)))
