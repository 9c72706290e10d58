import type { CommandModule } from 'yargs'
import { readAnalysis } from '../../run/analyse.js'
import { exportHuggingFace } from '../../run/huggingface.js'
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
    const { run, state } = openCheckpoint(argv)
    await exportHuggingFace(run, state, argv.out as string, measuredFacts(run.directory, state.step))
    if (argv.json) printJson({ directory: argv.out, step: state.step })
    else say(`${argv.out}: checkpoint of step ${state.step}`)
  },
}

/** What analysis.jsonl knows of a checkpoint, as lines of a model card. */
function measuredFacts(directory: string, step: number): string[] {
  const record = readAnalysis(directory).find((candidate) => candidate.step === step)
  if (!record) return ['metrics: not measured; run `pcfg-diffusion analyse` first']
  return [
    `NELBO: train ${record.train.mean.toFixed(3)}, test ${record.test.mean.toFixed(3)} nats per string (H = ${record.floors.entropy.toFixed(3)})`,
    `string validity by level, leaves first: ${record.levels.map((level) => percent(level.stringValidity)).join(', ')}`,
    `exact copies: ${percent(record.copies?.rate ?? 0)} of ${record.samples} samples (by chance ${percent(record.copies?.expected ?? 0)})`,
  ]
}
