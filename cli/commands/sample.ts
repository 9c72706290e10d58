import type { CommandModule } from 'yargs'
import { InputError } from '../../common/error.js'
import { writeFileAtomic } from '../../common/files.js'
import type { Process } from '../../model/process.js'
import { type SamplerConfig, sample } from '../../model/samplers/sampler.js'
import { processOf } from '../../run/config.js'
import { evaluationParameters } from '../../train/checkpoint.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import type { Device } from '../../train/runtime/node.js'
import { openCheckpoint } from '../checkpoint-input.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, numberFlag } from '../grammar-input.js'
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
      .option('sampler-steps', { type: 'string', default: '8', describe: 'steps of the ancestral sampler' })
      .option('grid', {
        choices: ['uniform', 'cosine'] as const,
        default: 'uniform',
        describe: 'time grid of the ancestral sampler',
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
    const config = samplerFrom(argv)
    const { run, state } = openCheckpoint(argv)
    refuseUnused(processOf(run.config), config)
    const quiet = Boolean(argv.json)
    const denoiser = await networkDenoiser(
      run.network,
      evaluationParameters(state),
      chooseDevice(argv.device as Device | undefined, quiet),
      processOf(run.config),
    )
    const board = progressBoard(quiet)
    const line = board.line('sample', count)
    const tokens = await sample(denoiser, config, {
      count,
      seed: argv.seed as string,
      onProgress: (done) => line.update(done, `${done} strings`),
    })
    line.stop()
    board.stop()
    await denoiser.release()
    const length = run.tables.d
    const lines = Array.from({ length: count }, (_, i) =>
      JSON.stringify({ id: i, tokens: Array.from(tokens.subarray(i * length, (i + 1) * length)) }),
    )
    if (argv.out === undefined) process.stdout.write(`${lines.join('\n')}\n`)
    else {
      writeFileAtomic(argv.out as string, `${lines.join('\n')}\n`)
      say(`${argv.out}: ${count} strings from step ${state.step}`)
    }
  },
}

/** Networks that do not fill masks have a sampler of their own: what it would ignore is refused. */
function refuseUnused({ kind }: Process, config: SamplerConfig): void {
  if (kind === 'absorbing') return
  const own = kind === 'uniform' ? 'undoes noise step by step' : 'samples left to right'
  if (config.kind !== 'random-order')
    throw new InputError('--sampler', config.kind, `none: this network ${own}`)
  if (kind === 'uniform' && config.temperature !== 1)
    throw new InputError('--temperature', config.temperature, `1: this network ${own}`)
}

function samplerFrom(argv: Readonly<Record<string, unknown>>): SamplerConfig {
  const temperature = numberFlag('temperature', argv.temperature as string, 0)
  if (argv.sampler === 'random-order') return { kind: 'random-order', temperature }
  const steps = integerFlag('sampler-steps', argv.samplerSteps as string, 1)
  return { kind: 'ancestral', steps, grid: argv.grid as 'uniform' | 'cosine', temperature }
}
