import { normalHazard } from '../../common/normal.js'

/** A point of a line; where it is censored, y is known only to be larger. */
export interface LinePoint {
  readonly x: number
  readonly y: number
  readonly censored: boolean
}

/** y = intercept + slope·x + N(0, deviation²). */
export interface FittedLine {
  readonly slope: number
  readonly intercept: number
  readonly deviation: number
}

const ITERATIONS = 500

/**
 * Maximum likelihood of a line with normal noise where some y are only lower bounds (tobit), by expectation
 * maximisation: a censored y counts as its expectation beyond the bound, given the fit so far. Without censored points
 * it is least squares. Undefined where fewer than two different x have a known y.
 *
 * @param start a line to begin from, default that of the known points
 * @param tolerance ends once neither coefficient moves by more
 */
export function censoredLine(
  points: readonly LinePoint[],
  { start, tolerance = 1e-6 }: { readonly start?: FittedLine; readonly tolerance?: number } = {},
): FittedLine | undefined {
  const known = points.filter((point) => !point.censored)
  if (new Set(known.map((point) => point.x)).size < 2) return undefined
  let fit = leastSquares(
    known,
    known.map(({ y }) => y),
    0,
  )
  if (known.length === points.length) return fit
  if (start) fit = start
  for (let i = 0; i < ITERATIONS; i++) {
    const { slope, intercept, deviation } = fit
    let spread = 0
    const expected = points.map(({ x, y, censored }) => {
      const mean = intercept + slope * x
      if (!censored) return y
      if (deviation === 0) return Math.max(y, mean)
      const z = (y - mean) / deviation
      const hazard = normalHazard(z)
      spread += deviation ** 2 * (1 + z * hazard - hazard ** 2)
      return mean + deviation * hazard
    })
    const next = leastSquares(points, expected, spread)
    const moved = Math.max(Math.abs(next.slope - slope), Math.abs(next.intercept - intercept))
    fit = next
    if (moved < tolerance) break
  }
  return fit
}

/** Least squares of y on x; `spread` is variance that the y leave out, summed. */
function leastSquares(
  points: readonly { readonly x: number }[],
  y: readonly number[],
  spread: number,
): FittedLine {
  const n = points.length
  const mx = points.reduce((sum, p) => sum + p.x, 0) / n
  const my = y.reduce((sum, value) => sum + value, 0) / n
  const sxx = points.reduce((sum, p) => sum + (p.x - mx) ** 2, 0)
  const sxy = points.reduce((sum, p, i) => sum + (p.x - mx) * (y[i]! - my), 0)
  const slope = sxy / sxx
  const intercept = my - slope * mx
  const squares = points.reduce((sum, p, i) => sum + (y[i]! - intercept - slope * p.x) ** 2, 0)
  return { slope, intercept, deviation: Math.sqrt((squares + spread) / n) }
}
