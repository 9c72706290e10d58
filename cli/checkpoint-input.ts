import { lastStep } from '../run/denoiser.js'
import { openRun, type Run } from '../run/run.js'
import { integerFlag } from './grammar-input.js'

/** Opens a run, and says which checkpoint --step names, by default its last. */
export function openCheckpoint(argv: Readonly<Record<string, unknown>>): { run: Run; step: number } {
  const run = openRun(argv.run as string)
  return { run, step: integerFlag('step', argv.step as string | undefined, 0, lastStep(run)) }
}
