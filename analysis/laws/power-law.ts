import { standardNormal } from '../../common/normal.js'
import { type Random, stream, uniformInteger } from '../../common/random.js'
import { type Interval, studentFactor } from '../../common/statistics.js'
import { censoredLine, type FittedLine } from './censored-line.js'

/** y = exp(intercept)·x^exponent, with a bootstrap interval of the exponent. */
export interface PowerLaw {
  readonly exponent: number
  readonly intercept: number
  /** 95 % bootstrap interval; null where too few points leave nothing to resample. */
  readonly interval: Interval | null
  readonly points: number
}

/** One run of a law. */
export interface LawPoint {
  readonly x: number
  /** When it struck; where it did not, how long it was watched. */
  readonly y: number
  readonly censored?: boolean
  /** How long the run was watched; needed where some points are censored. */
  readonly watched?: number
  /** Runs of one group (a grammar) scatter together. */
  readonly group?: string
}

const RESAMPLES = 1000
/** So many groups can stand for all of their kind; below it their runs are resampled as if independent. */
const GROUPS = 5

/**
 * A line through ln y against ln x by maximum likelihood, points that were only watched without striking counted as lower
 * bounds. Its interval is a bootstrap: over groups, then over runs within them, where there are at least five groups; else
 * over residuals (with censored points: normal ones, cut off where each run was watched no longer). A line through few
 * points leaves residuals that are too small and a spread that is itself uncertain: resamples are widened by √(n/(n−2))
 * and the percentile interval by Student's factor, which keeps its coverage down to three points. Undefined for fewer than
 * two distinct x with a known y.
 *
 * @example
 * ```ts
 * import { fitPowerLaw } from 'pcfg-diffusion/analysis'
 *
 * const points = [16, 64, 256, 1024].map((x) => ({ x, y: 3 * x ** 1.5 }))
 * const law = fitPowerLaw(points, '0')
 * law?.exponent // → 1.500
 * Math.exp(law?.intercept ?? 0) // → 3.000
 * ```
 */
export function fitPowerLaw(points: readonly LawPoint[], seed: string): PowerLaw | undefined {
  const logs = points.map((point) => ({
    x: Math.log(point.x),
    y: Math.log(point.y),
    censored: point.censored ?? false,
    watched: Math.log(point.watched ?? Number.POSITIVE_INFINITY),
    group: point.group ?? '',
  }))
  const fit = censoredLine(logs)
  if (!fit) return undefined
  const known = logs.filter((point) => !point.censored).length
  return {
    exponent: fit.slope,
    intercept: fit.intercept,
    interval: known < 3 ? null : bootstrap(logs, fit, known, stream(seed, 'bootstrap', 'power-law')),
    points: points.length,
  }
}

interface LogPoint {
  readonly x: number
  readonly y: number
  readonly censored: boolean
  readonly watched: number
  readonly group: string
}

function bootstrap(points: readonly LogPoint[], fit: FittedLine, known: number, random: Random): Interval {
  const groups = [...new Set(points.map((point) => point.group))].map((name) =>
    points.filter((point) => point.group === name),
  )
  const byGroup = groups.length >= GROUPS
  const resample = byGroup
    ? () => redrawGroups(groups, random)
    : () => redrawResiduals(points, fit, known, random)
  const slopes: number[] = []
  for (let i = 0; i < RESAMPLES; i++) {
    const slope = censoredLine(resample(), { start: fit, tolerance: 1e-4 })?.slope
    if (slope !== undefined) slopes.push(slope)
  }
  slopes.sort((a, b) => a - b)
  const freedom = byGroup ? groups.length - 1 : known - 2
  // A mean over n redrawn groups scatters by the factor (n − 1)/n too little; residuals were widened already.
  const widening = studentFactor(freedom) * (byGroup ? Math.sqrt(groups.length / freedom) : 1)
  const widen = (end: number) => fit.slope + (end - fit.slope) * widening
  return [
    widen(slopes[Math.floor(0.025 * slopes.length)]!),
    widen(slopes[Math.ceil(0.975 * slopes.length) - 1]!),
  ]
}

function redrawGroups(groups: readonly (readonly LogPoint[])[], random: Random): LogPoint[] {
  return groups.flatMap(() => {
    const group = groups[uniformInteger(random, groups.length)]!
    // Seeds are redrawn among the runs of the same x, so that no resample loses its lever.
    return group.map(({ x }) => {
      const alike = group.filter((point) => point.x === x)
      return alike[uniformInteger(random, alike.length)]!
    })
  })
}

function redrawResiduals(
  points: readonly LogPoint[],
  fit: FittedLine,
  known: number,
  random: Random,
): LogPoint[] {
  const widen = Math.sqrt(known / (known - 2))
  const line = (x: number) => fit.intercept + fit.slope * x
  const censored = known < points.length
  return points.map((point) => {
    const other = points[uniformInteger(random, points.length)]!
    const residual = censored ? fit.deviation * standardNormal(random) : other.y - line(other.x)
    const y = line(point.x) + widen * residual
    return y > point.watched
      ? { ...point, y: point.watched, censored: true }
      : { ...point, y, censored: false }
  })
}
