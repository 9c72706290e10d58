import type { Stepper, TrainRecord } from './stepper.js'

/** Steps per call of the artifact: long enough to hide the call, short enough to stop soon after Ctrl-C. */
const STEPS_PER_CALL = 32

export interface LoopOptions {
  /** Steps at which to halt, ascending; the last one ends the loop. */
  readonly halts: readonly number[]
  /** Called after every call of the artifact. */
  readonly onRecord: (record: TrainRecord) => void
  /** Awaited at every halt; true ends the loop there. */
  readonly onHalt: (step: number) => Promise<boolean>
  /** Gives signals and timers a turn: the runtime computes without one. */
  readonly breathe: () => Promise<void>
  readonly signal?: AbortSignal | undefined
}

/**
 * Advances a stepper from `from` to the last halt. Calls of the artifact begin at multiples of a fixed number of steps or at
 * halts, never elsewhere, so that an interrupted run repeats exactly what it would have done.
 *
 * @returns the step it has reached, and why it ended there
 */
export async function trainLoop(
  stepper: Stepper,
  from: number,
  { halts, onRecord, onHalt, breathe, signal }: LoopOptions,
): Promise<{ readonly kind: 'finished' | 'interrupted' | 'stopped'; readonly step: number }> {
  let step = from
  for (const halt of halts) {
    while (step < halt) {
      const aligned = (Math.floor(step / STEPS_PER_CALL) + 1) * STEPS_PER_CALL
      const record = await stepper.advance(Math.min(halt, aligned) - step)
      step = record.step
      onRecord(record)
      if (step === halt && (await onHalt(step))) return { kind: 'stopped', step }
      await breathe()
      if (signal?.aborted && step < halts.at(-1)!) return { kind: 'interrupted', step }
    }
  }
  return { kind: 'finished', step }
}
