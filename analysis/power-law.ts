import { type Random, stream, uniformInteger } from '../common/random.js'
import { type Interval, studentFactor } from './intervals.js'

/** y = exp(intercept)·x^exponent, with a bootstrap interval of the exponent. */
export interface PowerLaw {
  readonly exponent: number
  readonly intercept: number
  /** 95 % bootstrap interval; null where fewer than three points leave nothing to resample. */
  readonly interval: Interval | null
  readonly points: number
}

const RESAMPLES = 2000

/**
 * Least squares of ln y on ln x, with a bootstrap over residuals. A line through few points leaves residuals that are
 * too small and a spread that is itself uncertain: residuals are widened by √(n/(n−2)) and the percentile interval by
 * Student's factor, which keeps its coverage down to three points. Undefined for fewer than two distinct x.
 */
export function fitPowerLaw(
  points: readonly { readonly x: number; readonly y: number }[],
  seed: string,
): PowerLaw | undefined {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  if (new Set(logs.map((point) => point.x)).size < 2) return undefined
  const fit = line(logs)
  return {
    exponent: fit.slope,
    intercept: fit.intercept,
    interval: points.length < 3 ? null : bootstrapSlope(logs, fit, stream(seed, 'bootstrap', 'power-law')),
    points: points.length,
  }
}

function bootstrapSlope(points: readonly Point[], fit: Line, random: Random): Interval {
  const n = points.length
  const residuals = points.map((p) => (p.y - fit.intercept - fit.slope * p.x) * Math.sqrt(n / (n - 2)))
  const slopes = Float64Array.from({ length: RESAMPLES }, () => {
    const redrawn = points.map((p) => ({
      x: p.x,
      y: fit.intercept + fit.slope * p.x + residuals[uniformInteger(random, n)]!,
    }))
    return line(redrawn).slope
  }).sort()
  const widen = (end: number) => fit.slope + (end - fit.slope) * studentFactor(n - 2)
  return [widen(slopes[Math.floor(0.025 * RESAMPLES)]!), widen(slopes[Math.ceil(0.975 * RESAMPLES) - 1]!)]
}

interface Line {
  readonly slope: number
  readonly intercept: number
}

interface Point {
  readonly x: number
  readonly y: number
}

function line(points: readonly Point[]): Line {
  const n = points.length
  const mx = points.reduce((sum, p) => sum + p.x, 0) / n
  const my = points.reduce((sum, p) => sum + p.y, 0) / n
  const sxx = points.reduce((sum, p) => sum + (p.x - mx) ** 2, 0)
  const sxy = points.reduce((sum, p) => sum + (p.x - mx) * (p.y - my), 0)
  return { slope: sxy / sxx, intercept: my - (sxy / sxx) * mx }
}
