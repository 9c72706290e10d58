import type { Argv } from 'yargs'
import { lastStep } from '../run/denoiser.js'
import { openRun, type Run } from '../run/run.js'
import { required, text } from './command.js'
import { integerFlag } from './grammar-input.js'

/** Arguments of commands that take one checkpoint of a run. */
export function withCheckpoint<T>(yargs: Argv<T>) {
  return yargs
    .positional('run', required('run directory'))
    .option('step', text('checkpoint, default the last'))
}

/** Opens the run, and says which checkpoint --step names. */
export function openCheckpoint(flags: { run: string; step: string | undefined }): { run: Run; step: number } {
  const run = openRun(flags.run)
  return { run, step: integerFlag('step', flags.step, 0, lastStep(run)) }
}
