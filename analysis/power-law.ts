import { type Random, stream, uniformInteger } from '../common/random.js'
import type { Interval } from './intervals.js'

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
 * Least squares of ln y on ln x. Points of one x are resampled among themselves where there are several (seeds);
 * otherwise residuals are resampled. Undefined for fewer than two distinct x.
 */
export function fitPowerLaw(points: readonly { readonly x: number; readonly y: number }[], seed: string): PowerLaw | undefined {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  const groups = [...new Set(logs.map((point) => point.x))].map((x) => logs.filter((point) => point.x === x))
  if (groups.length < 2) return undefined
  const fit = line(logs)
  const exponents = new Float64Array(RESAMPLES)
  const random = stream(seed, 'bootstrap', 'power-law')
  const replicated = groups.every((group) => group.length > 1)
  for (let i = 0; i < RESAMPLES; i++) {
    const resampled = replicated ? groups.flatMap((group) => redraw(group, random)) : withRedrawnResiduals(logs, fit, random)
    exponents[i] = line(resampled).slope
  }
  exponents.sort()
  return {
    exponent: fit.slope,
    intercept: fit.intercept,
    interval: points.length < 3 ? null : [exponents[Math.floor(0.025 * RESAMPLES)]!, exponents[Math.ceil(0.975 * RESAMPLES) - 1]!],
    points: points.length,
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

function line(points: readonly Point[]): { slope: number; intercept: number } {
  const n = points.length
  const mx = points.reduce((sum, p) => sum + p.x, 0) / n
  const my = points.reduce((sum, p) => sum + p.y, 0) / n
  const sxx = points.reduce((sum, p) => sum + (p.x - mx) ** 2, 0)
  const sxy = points.reduce((sum, p) => sum + (p.x - mx) * (p.y - my), 0)
  return { slope: sxy / sxx, intercept: my - (sxy / sxx) * mx }
}

function redraw(points: readonly Point[], random: Random): Point[] {
  return points.map(() => points[uniformInteger(random, points.length)]!)
}

/** Residuals are widened by √(n/(n−2)): a line through few points leaves residuals that are too small. */
function withRedrawnResiduals(points: readonly Point[], fit: { slope: number; intercept: number }, random: Random): Point[] {
  const widen = Math.sqrt(points.length / Math.max(1, points.length - 2))
  const residuals = points.map((p) => (p.y - fit.intercept - fit.slope * p.x) * widen)
  return points.map((p) => ({ x: p.x, y: fit.intercept + fit.slope * p.x + residuals[uniformInteger(random, residuals.length)]! }))
}
