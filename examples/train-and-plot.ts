/** Trains a small transformer on 256 strings, measures its checkpoints, and draws how deep they know the grammar. */

import { writeFile } from 'node:fs/promises'
import { headline, label } from 'pcfg-diffusion/analysis'
import { figures, toSvg } from 'pcfg-diffusion/report'
import { createRun } from 'pcfg-diffusion/run'

const run = createRun('runs/depth', {
  grammar: { v: 8, m: 2, s: 2, L: 3 },
  corpus: { train: 256, test: 256 },
  steps: 600,
  checkpoints: { count: 12 },
})
await run.train()
await run.analyse(
  { samples: 300, strings: 64 },
  { onRecord: ({ step }) => console.log(`step ${step} measured`) },
)

const summary = run.summary()
for (const { clock, at } of headline(summary.clocks))
  console.log(label(clock), at.kind === 'reached' ? `step ${Math.round(at.step)}` : `not within ${at.after}`)
await writeFile('validity.svg', await toSvg(figures.validity([summary])))
