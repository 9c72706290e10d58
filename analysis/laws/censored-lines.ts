import { normalHazard } from '../../common/distributions.js'

/** A point of a line; where it is censored, y is known only to be larger. */
export interface LinePoint {
  readonly x: number
  readonly y: number
  readonly censored: boolean
}

/** y = intercept + slope·x */
export interface Line {
  readonly slope: number
  readonly intercept: number
}

/** A line per group, all with the same normal noise N(0, deviation²). */
export interface FittedLines {
  readonly lines: readonly Line[]
  readonly deviation: number
}

const ITERATIONS = 5000
const TOLERANCE = 1e-9

/**
 * The lines and the deviation of greatest likelihood where some y are only lower bounds (tobit), by expectation maximisation: a
 * censored y counts as its expectation beyond the bound, given the fit so far, and what it scatters about that counts too. The
 * deviation is shared, so that a group with few points borrows it from the others; it is divided by the number of points, bounds
 * included, as the likelihood asks: a correction for degrees of freedom inside of the iteration makes it run away. The
 * likelihood has one maximum (Olsen 1978, doi:10.2307/1911811). Without censored points it is least squares.
 *
 * Undefined where a group has fewer than two different x with a known y, or where the iteration has not come to rest.
 */
export function censoredLines(groups: readonly (readonly LinePoint[])[]): FittedLines | undefined {
  const known = groups.map((group) => group.filter((point) => !point.censored))
  if (known.some((group) => new Set(group.map((point) => point.x)).size < 2)) return undefined
  let fit = fitted(known.map((group) => ({ points: group, y: group.map(({ y }) => y), spread: 0 })))
  for (let i = 0; i < ITERATIONS; i++) {
    const before = fit
    fit = fitted(
      groups.map((points, g) => ({ points, ...expected(points, before.lines[g]!, before.deviation) })),
    )
    if (apart(fit, before) < TOLERANCE) return fit
  }
  return undefined
}

/** The largest difference of two fits in any of their numbers. */
function apart(one: FittedLines, other: FittedLines): number {
  const lines = one.lines.map(({ slope, intercept }, g) =>
    Math.max(Math.abs(slope - other.lines[g]!.slope), Math.abs(intercept - other.lines[g]!.intercept)),
  )
  return Math.max(Math.abs(one.deviation - other.deviation), ...lines)
}

/** What each y is expected to be, and the variance that this leaves out, summed. */
function expected(points: readonly LinePoint[], { slope, intercept }: Line, deviation: number) {
  let spread = 0
  const y = points.map(({ x, y, censored }) => {
    const mean = intercept + slope * x
    if (!censored) return y
    if (deviation === 0) return Math.max(y, mean)
    const z = (y - mean) / deviation
    const hazard = normalHazard(z)
    spread += deviation ** 2 * (1 + z * hazard - hazard ** 2)
    return mean + deviation * hazard
  })
  return { y, spread }
}

interface Group {
  readonly points: readonly { readonly x: number }[]
  readonly y: readonly number[]
  readonly spread: number
}

/** Least squares in every group. */
function fitted(groups: readonly Group[]): FittedLines {
  let [squares, count] = [0, 0]
  const lines = groups.map(({ points, y, spread }) => {
    const n = points.length
    const mx = points.reduce((sum, p) => sum + p.x, 0) / n
    const my = y.reduce((sum, value) => sum + value, 0) / n
    const sxx = points.reduce((sum, p) => sum + (p.x - mx) ** 2, 0)
    const sxy = points.reduce((sum, p, i) => sum + (p.x - mx) * (y[i]! - my), 0)
    const line = { slope: sxy / sxx, intercept: my - (sxy / sxx) * mx }
    squares += points.reduce((sum, p, i) => sum + (y[i]! - line.intercept - line.slope * p.x) ** 2, spread)
    count += n
    return line
  })
  return { lines, deviation: Math.sqrt(squares / Math.max(1, count)) }
}
