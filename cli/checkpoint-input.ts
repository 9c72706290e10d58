import { InputError } from '../common/error.js'
import { checkpointDirectory, openRun, type Run } from '../run/directory.js'
import { listCheckpoints, loadCheckpoint, type TrainState } from '../train/checkpoint.js'
import { integerFlag } from './grammar-input.js'

/** Opens a run and the checkpoint that --step names, by default its last. */
export function openCheckpoint(argv: Readonly<Record<string, unknown>>): { run: Run; state: TrainState } {
  const run = openRun(argv.run as string)
  const directory = checkpointDirectory(run)
  const last = listCheckpoints(directory).at(-1)
  if (last === undefined) throw new InputError('run', argv.run, 'a run with checkpoints: train it first')
  const step = integerFlag('step', argv.step as string | undefined, 0, last)
  return { run, state: loadCheckpoint(directory, run.layout, step) }
}
