import { exportHuggingFace } from '../../run/huggingface.js'
import type { Run } from '../../run/run.js'
import { openCheckpoint, withCheckpoint } from '../checkpoint-flags.js'
import { defineCommand, required } from '../command.js'
import { percent, printJson, say } from '../output.js'

export const exportCommand = defineCommand({
  command: 'export <run>',
  describe: 'write a checkpoint as a Hugging Face model folder',
  builder: (yargs) =>
    withCheckpoint(yargs)
      .option('out', required('folder to make'))
      .example(
        '$0 export runs/a --step 1000 --out model',
        "then pipeline('fill-mask', 'model') in Transformers.js",
      ),
  handler: async (argv) => {
    const { run, step } = openCheckpoint(argv)
    await exportHuggingFace(run, step, argv.out, measuredFacts(run, step))
    if (argv.json) printJson({ directory: argv.out, step })
    else say(`${argv.out}: checkpoint of step ${step}`)
  },
})

/** What has been measured of a checkpoint, as lines of a model card. */
function measuredFacts(run: Run, step: number): string[] {
  const record = run.records().find((candidate) => candidate.step === step)
  if (!record) return ['metrics: not measured; run `pcfg-diffusion analyse` first']
  const { losses, levels, copies } = record
  const facts: string[] = []
  if (losses) {
    const H = losses.floors.entropy
    const floor = H === undefined ? '' : ` (H = ${H.toFixed(3)})`
    const [train, test] = [losses.train.mean.toFixed(3), losses.test.mean.toFixed(3)]
    facts.push(`NELBO: train ${train}, test ${test} nats per string${floor}`)
  }
  if (levels) {
    const shares = levels.map((level) => percent(level.stringValidity))
    facts.push(`string validity by level, leaves first: ${shares.join(', ')}`)
  }
  if (copies) {
    const chance = copies.expected === undefined ? '' : ` (by chance ${percent(copies.expected)})`
    facts.push(`exact copies: ${percent(copies.rate)} of ${copies.samples} samples${chance}`)
  }
  return facts
}
