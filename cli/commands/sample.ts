import type { SamplerConfig } from '../../model/samplers/config.js'
import { sample } from '../../model/samplers/sampler.js'
import { refuseUnread } from '../../model/unread.js'
import { openCheckpoint, withCheckpoint } from '../checkpoint-flags.js'
import { defineCommand, text } from '../command.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, numberFlag, refuseFlags } from '../grammar-input.js'
import { progressBoard } from '../progress.js'
import { withSampling, writeStrings } from '../sampled-strings.js'

export const sampleCommand = defineCommand({
  command: 'sample <run>',
  describe: 'draw strings from a checkpoint',
  builder: (yargs) =>
    withSampling(
      withCheckpoint(withDevice(yargs))
        .option('count', { type: 'string', default: '1000', describe: 'strings' })
        .option('sampler', { choices: ['random-order', 'ancestral'] as const, default: 'random-order' })
        .option('sampler-steps', text('steps of the ancestral sampler (default 8)'))
        .option('grid', {
          choices: ['uniform', 'cosine'] as const,
          describe: 'time grid of the ancestral sampler (default uniform)',
        }),
    )
      .example('$0 sample runs/a --count 1000 --out samples.jsonl', '')
      .example(
        '$0 sample runs/a --step 200 --sampler ancestral --sampler-steps 4',
        'an early checkpoint, two tokens at a time',
      ),
  handler: async (argv) => {
    const count = integerFlag('count', argv.count, 1)
    const sampler = samplerFrom(argv)
    const { run, step } = openCheckpoint(argv)
    refuseUnread(run.process, { sampler, exact: false }, (field) => `--${field.split('.').at(-1)}`)
    const device = await chooseDevice(argv.device, argv.json)
    const denoiser = await run.denoiser(step, device)
    const board = progressBoard(argv.json)
    const progress = board.line('sample', count)
    const strings = await sample(denoiser, {
      count,
      seed: argv.seed,
      sampler,
      onProgress: (done) => progress(done, `${done} strings`),
    })
    board.stop()
    await denoiser.release()
    writeStrings(strings, argv.out, ` from step ${step}`)
  },
})

function samplerFrom(argv: Readonly<Record<string, unknown>>): SamplerConfig {
  const temperature = numberFlag('temperature', argv.temperature as string, 0)
  if (argv.sampler === 'random-order') {
    refuseFlags(argv, ['sampler-steps', 'grid'], '--sampler ancestral with it')
    return { kind: 'random-order', temperature }
  }
  const steps = integerFlag('sampler-steps', argv.samplerSteps as string | undefined, 1, 8)
  return { kind: 'ancestral', steps, grid: (argv.grid as 'cosine' | undefined) ?? 'uniform', temperature }
}
