import type { CommandModule } from 'yargs'
import { writeFileAtomic } from '../../common/files.js'
import type { SamplerConfig } from '../../model/samplers/config.js'
import { sample } from '../../model/samplers/sampler.js'
import { refuseUnread } from '../../model/unread.js'
import type { Device } from '../../train/runtime/runtime.js'
import { openCheckpoint } from '../checkpoint-input.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, numberFlag, refuseFlags } from '../grammar-input.js'
import { say } from '../output.js'
import { progressBoard } from '../progress.js'

export const sampleCommand: CommandModule = {
  command: 'sample <run>',
  describe: 'draw strings from a checkpoint',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('run', { type: 'string', demandOption: true, describe: 'run directory' })
      .option('step', { type: 'string', describe: 'checkpoint, default the last' })
      .option('count', { type: 'string', default: '1000', describe: 'strings' })
      .option('sampler', { choices: ['random-order', 'ancestral'] as const, default: 'random-order' })
      .option('sampler-steps', { type: 'string', describe: 'steps of the ancestral sampler (default 8)' })
      .option('grid', {
        choices: ['uniform', 'cosine'] as const,
        describe: 'time grid of the ancestral sampler (default uniform)',
      })
      .option('temperature', { type: 'string', default: '1' })
      .option('seed', { type: 'string', default: '0' })
      .option('out', { type: 'string', describe: 'JSON-lines file (default stdout)' })
      .example('$0 sample runs/a --count 1000 --out samples.jsonl', '')
      .example(
        '$0 sample runs/a --step 200 --sampler ancestral --sampler-steps 4',
        'an early checkpoint, two tokens at a time',
      ),
  handler: async (argv) => {
    const count = integerFlag('count', argv.count as string, 1)
    const sampler = samplerFrom(argv)
    const { run, step } = openCheckpoint(argv)
    refuseUnread(run.process, { sampler, exact: false }, (field) => `--${field.split('.').at(-1)}`)
    const quiet = Boolean(argv.json)
    const device = await chooseDevice(argv.device as Device | undefined, quiet)
    const denoiser = await run.denoiser(step, device)
    const board = progressBoard(quiet)
    const line = board.line('sample', count)
    const { tokens } = await sample(denoiser, {
      count,
      seed: argv.seed as string,
      sampler,
      onProgress: (done) => line.update(done, `${done} strings`),
    })
    line.stop()
    board.stop()
    await denoiser.release()
    const { length } = run.source
    const lines = Array.from({ length: count }, (_, i) =>
      JSON.stringify({ id: i, tokens: Array.from(tokens.subarray(i * length, (i + 1) * length)) }),
    )
    if (argv.out === undefined) process.stdout.write(`${lines.join('\n')}\n`)
    else {
      writeFileAtomic(argv.out as string, `${lines.join('\n')}\n`)
      say(`${argv.out}: ${count} strings from step ${step}`)
    }
  },
}

function samplerFrom(argv: Readonly<Record<string, unknown>>): SamplerConfig {
  const temperature = numberFlag('temperature', argv.temperature as string, 0)
  if (argv.sampler === 'random-order') {
    refuseFlags(argv, ['sampler-steps', 'grid'], '--sampler ancestral with it')
    return { kind: 'random-order', temperature }
  }
  const steps = integerFlag('sampler-steps', argv.samplerSteps as string | undefined, 1, 8)
  return { kind: 'ancestral', steps, grid: (argv.grid as 'cosine' | undefined) ?? 'uniform', temperature }
}
