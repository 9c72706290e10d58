import type { CommandModule } from 'yargs'
import { exportHuggingFace } from '../../run/huggingface.js'
import type { Run } from '../../run/run.js'
import { openCheckpoint } from '../checkpoint-input.js'
import { percent, printJson, say } from '../output.js'

export const exportCommand: CommandModule = {
  command: 'export <run>',
  describe: 'write a checkpoint as a Hugging Face model folder',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'run directory' })
      .option('step', { type: 'string', describe: 'checkpoint, default the last' })
      .option('out', { type: 'string', demandOption: true, describe: 'folder to make' })
      .example(
        '$0 export runs/a --step 1000 --out model',
        "then pipeline('fill-mask', 'model') in Transformers.js",
      ),
  handler: async (argv) => {
    const { run, step } = openCheckpoint(argv)
    await exportHuggingFace(run, step, argv.out as string, measuredFacts(run, step))
    if (argv.json) printJson({ directory: argv.out, step })
    else say(`${argv.out}: checkpoint of step ${step}`)
  },
}

/** What has been measured of a checkpoint, as lines of a model card. */
function measuredFacts(run: Run, step: number): string[] {
  const record = run.records().find((candidate) => candidate.step === step)
  if (!record) return ['metrics: not measured; run `pcfg-diffusion analyse` first']
  const { losses, levels, copies } = record
  const H = losses?.floors.entropy
  return [
    ...(losses
      ? [
          `NELBO: train ${losses.train.mean.toFixed(3)}, test ${losses.test.mean.toFixed(3)} nats per string${H === undefined ? '' : ` (H = ${H.toFixed(3)})`}`,
        ]
      : []),
    ...(levels
      ? [
          `string validity by level, leaves first: ${levels.map((level) => percent(level.stringValidity)).join(', ')}`,
        ]
      : []),
    ...(copies
      ? [
          `exact copies: ${percent(copies.rate)} of ${copies.samples} samples${copies.expected === undefined ? '' : ` (by chance ${percent(copies.expected)})`}`,
        ]
      : []),
  ]
}
