import { meanAndError } from '../common/statistics.js'
import type { CheckpointRecord } from './record.js'
import { scatterOf } from './scatter.js'
import type { Strike } from './strike.js'

/** Where a curve is lowest. */
export interface Minimum {
  /** Reached once the curve has turned for good; until then it may fall further. */
  readonly at: Strike
  /** Steps between which the true minimum lies, given how much the curve scatters. */
  readonly within: readonly [number, number]
  /** Step of its lowest point. */
  readonly lowest: number
}

/** Standard errors that count as a rise: with the two numbers below, a level curve turns in about 5 % of runs at most, however often one looks (docs/statistics.md). */
const RISE = 2.5
/** Points in a row up to the last one that must stand above the lowest. */
const LATER = 2
/** Fewer points do not show how much they scatter. */
const TELLING = 5

/**
 * Minimum of a curve over steps beyond 0, refined by a parabola in ln step through its lowest point and the two beside it. It has
 * turned once its last two points at least, and all between, stand above the lowest by 2.5 errors: those of measurement,
 * as `error` tells, and those of training (`analysis/scatter.ts`). Where the first point is
 * lowest, the minimum was there or before it. Fewer than five points have not turned. Undefined for a curve without any.
 *
 * @param error standard error of the difference between two points, by index; default none
 *
 * @example
 * ```ts
 * import { minimum } from 'pcfg-diffusion/analysis'
 *
 * const curve = [50, 100, 200, 400, 800, 1600].map((step) => ({ step, value: Math.log(step / 150) ** 2 }))
 * minimum(curve)?.at // → {"kind": "reached", "step": 150.0}
 * // One later point confirms nothing yet.
 * minimum(curve.slice(0, 4))?.at // → {"kind": "censored", "after": 400}
 * ```
 */
export function minimum(
  curve: readonly { readonly step: number; readonly value: number }[],
  error: (a: number, b: number) => number = () => 0,
): Minimum | undefined {
  if (curve.length === 0) return undefined
  const values = curve.map(({ value }) => value)
  const low = values.indexOf(Math.min(...values))
  const scatter = Math.SQRT2 * scatterOf(values)
  const above = values.map((value, i) => value > values[low]! + RISE * Math.hypot(error(low, i), scatter))
  const turned = curve.length >= TELLING && above.slice(-LATER).every(Boolean)
  const last = curve.at(-1)!.step
  return {
    at: turned ? { kind: 'reached', step: vertex(curve, low) } : { kind: 'censored', after: last },
    // The curve may be lowest anywhere up to the nearest points that are above.
    within: [
      curve[Math.max(0, above.indexOf(false) - 1)]!.step,
      curve[Math.min(curve.length - 1, above.lastIndexOf(false) + 1)]!.step,
    ],
    lowest: curve[low]!.step,
  }
}

function vertex(curve: readonly { readonly step: number; readonly value: number }[], low: number): number {
  if (low === 0) return curve[0]!.step
  const [x0, x1, x2] = [-1, 0, 1].map((i) => Math.log(curve[low + i]!.step)) as [number, number, number]
  const [y0, y1, y2] = [-1, 0, 1].map((i) => curve[low + i]!.value) as [number, number, number]
  const left = (y1 - y0) / (x1 - x0)
  const right = (y2 - y1) / (x2 - x1)
  // Strictly above on the left, not below on the right: it opens upwards, and its vertex lies between the two.
  const curvature = (right - left) / (x2 - x0)
  return Math.exp((x0 + x1) / 2 - left / (2 * curvature))
}

/** Mean, and its value per string: the same strings at every point. */
export interface PerString {
  readonly step: number
  readonly value: number
  readonly perString: readonly number[]
}

/** Minimum of a mean over strings: differences between points are measured string by string. */
export function pairedMinimum(curve: readonly PerString[]): Minimum | undefined {
  return minimum(curve, (a, b) => {
    const other = curve[b]!.perString
    const differences = curve[a]!.perString.map((value, i) => value - other[i]!)
    return differences.length > 1 ? meanAndError(differences).standardError : 0
  })
}

/** The test minimum, for clock and stopping rule alike, on the checkpoints beyond step 0 that have losses. */
export function lossMinimum(records: readonly CheckpointRecord[]): Minimum | undefined {
  return pairedMinimum(
    records.flatMap(({ step, losses }) =>
      step > 0 && losses ? [{ step, value: losses.test.mean, perString: losses.test.perString }] : [],
    ),
  )
}
