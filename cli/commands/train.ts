import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { InputError } from '../../common/error.js'
import { train } from '../../train/loop.js'
import { createRun, openRun } from '../../train/run-directory.js'
import type { Device } from '../../train/runtime/session.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { INTERRUPTED, interruptible, printJson, say } from '../output.js'
import { progressBoard } from '../progress.js'
import { runConfigFrom, withRunFlags } from '../run-flags.js'

export const trainCommand: CommandModule = {
  command: 'train <run>',
  describe: 'train a masked-diffusion transformer; continues a run that was stopped',
  builder: (yargs) =>
    withDevice(withRunFlags(yargs))
      .positional('run', {
        type: 'string',
        demandOption: true,
        describe: 'run directory to make or continue',
      })
      .example(
        '$0 train runs/a --v 8 --m 3 --s 2 --L 3 --P 256 --steps 4000',
        'grammar and corpus drawn on the way',
      )
      .example('$0 train runs/a', 'continue where it stopped, to the same bits')
      .example('$0 train runs/b --config run.yaml --lr 0.002', 'one schema for file and flags'),
  handler: async (argv) => {
    const directory = argv.run as string
    const config = runConfigFrom(argv)
    if (!config && !existsSync(join(directory, 'config.json'))) {
      throw new InputError(
        'run',
        directory,
        'an existing run, or flags that describe a new one (--v --m --s --L --P)',
      )
    }
    const run = config ? createRun(directory, config) : openRun(directory)
    const quiet = Boolean(argv.json)
    const device = chooseDevice(argv.device as Device | undefined, quiet)
    const { steps } = run.config
    const board = progressBoard(quiet)
    const line = board.line('train', steps)
    const started = performance.now()
    let first: number | undefined
    const outcome = await train(run, {
      device,
      signal: interruptible(),
      onProgress: ({ step, loss }) => {
        first ??= step
        const rate = (step - first) / ((performance.now() - started) / 1000)
        line.update(step, `step ${step}/${steps}  loss ${loss.toFixed(4)}  ${rate.toFixed(0)} steps/s`)
      },
    })
    line.stop()
    board.stop()
    if (outcome.kind === 'interrupted') {
      say(
        `stopped; checkpoint at step ${outcome.step} kept. Continue with: pcfg-diffusion train ${directory}`,
      )
      process.exitCode = INTERRUPTED
    }
    if (argv.json) printJson({ run: directory, device, ...outcome, steps })
  },
}
