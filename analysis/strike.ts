/** When something first happened, in optimiser steps; or, where it did not, how long it was watched. */
export type Strike =
  | { readonly kind: 'reached'; readonly step: number }
  | { readonly kind: 'censored'; readonly after: number }

/** Where a clock stands, or undefined where it was not reached. */
export function reachedStep(at: Strike | undefined): number | undefined {
  return at?.kind === 'reached' ? at.step : undefined
}

/**
 * First upward passage through a threshold that the next checkpoint confirms, interpolated linearly in ln step.
 * What is not known is skipped; a passage at the very last checkpoint needs no confirmation. What passes at the first checkpoint
 * that knows, or the first after step 0, struck there or before: its step is an upper end. Step 0 says that it needed no
 * training; laws and means leave it out and say in how many runs.
 *
 * @example
 * ```ts
 * import { firstPassage } from 'pcfg-diffusion/analysis'
 *
 * firstPassage([100, 400, 1600], [0.25, 0.75, 0.9], 0.5) // → {"kind": "reached", "step": 200.0}
 * // The next checkpoint takes it back.
 * firstPassage([100, 400, 1600], [0.25, 0.75, 0.3], 0.5) // → {"kind": "censored", "after": 1600}
 * ```
 */
export function firstPassage(
  steps: readonly number[],
  values: readonly (number | null | undefined)[],
  threshold: number,
): Strike {
  const curve = steps.flatMap((step, i) => {
    const value = values[i]
    return value === null || value === undefined ? [] : [{ step, value }]
  })
  const at = curve.findIndex(
    ({ value }, i) => value >= threshold && (curve[i + 1]?.value ?? value) >= threshold,
  )
  if (at < 0) return { kind: 'censored', after: steps.at(-1) ?? 0 }
  const [before, after] = [curve[at - 1], curve[at]!]
  if (!before || before.step === 0) return { kind: 'reached', step: after.step }
  const share = (threshold - before.value) / (after.value - before.value)
  return { kind: 'reached', step: before.step * (after.step / before.step) ** share }
}
