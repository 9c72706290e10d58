/** A curve against time, in order of steps beyond 0. */
export interface Curve {
  readonly P: number
  readonly points: readonly { readonly step: number; readonly value: number }[]
}

/** How well curves of different P fall on one curve of step/P^exponent. */
export interface Collapse {
  /** Root mean square distance of a curve's points from the mean of the others, at exponent 0, 1 and the best. */
  readonly apart: number
  readonly linear: number
  readonly best: number
  /** The exponent that brings the curves closest. */
  readonly exponent: number
}

const EXPONENTS = Array.from({ length: 301 }, (_, i) => i / 100)
/** Points that say nothing about time: where every curve is flat at its start. */
const FLAT = 0.02
/** A rescaling counts only where so many of the telling points have another curve beside them. */
const OVERLAP = 0.5

/**
 * Data collapse of curves against step/P^exponent (after Bhattacharjee and Seno, J. Phys. A 34, 6375, 2001). Undefined where
 * fewer than two curves move, or where no exponent brings enough of them side by side.
 */
export function dataCollapse(curves: readonly Curve[]): Collapse | undefined {
  const moving = curves.filter(({ points }) =>
    points.some(({ value }) => Math.abs(value - points[0]!.value) > FLAT),
  )
  if (new Set(moving.map((curve) => curve.P)).size < 2) return undefined
  const scores = EXPONENTS.map((exponent) => distance(moving, exponent))
  const best = scores.reduce((at, score, i) => (score < scores[at]! ? i : at), 0)
  if (!Number.isFinite(scores[best]!)) return undefined
  return {
    apart: scores[0]!,
    linear: scores[EXPONENTS.indexOf(1)]!,
    best: scores[best]!,
    exponent: EXPONENTS[best]!,
  }
}

/** Infinite where the rescaled curves hardly overlap. */
function distance(curves: readonly Curve[], exponent: number): number {
  const scaled = curves.map(({ P, points }) => ({
    x: points.map(({ step }) => Math.log(step) - exponent * Math.log(P)),
    y: points.map(({ value }) => value),
  }))
  let [squares, compared, telling] = [0, 0, 0]
  scaled.forEach((curve, i) => {
    const start = curve.y[0]!
    curve.x.forEach((x, at) => {
      const others = scaled.flatMap((other, j) => {
        const value = j === i ? undefined : interpolate(other, x)
        return value === undefined ? [] : [value]
      })
      const mean = others.reduce((sum, value) => sum + value, 0) / others.length
      const moved =
        Math.abs(curve.y[at]! - start) > FLAT || (others.length > 0 && Math.abs(mean - start) > FLAT)
      if (!moved) return
      telling++
      if (others.length === 0) return
      compared++
      squares += (curve.y[at]! - mean) ** 2
    })
  })
  return compared >= OVERLAP * telling && compared > 2
    ? Math.sqrt(squares / compared)
    : Number.POSITIVE_INFINITY
}

/** Linear in x; before its first point a curve stands where it starts, after its last it is unknown. */
function interpolate({ x, y }: { readonly x: readonly number[]; readonly y: readonly number[] }, at: number) {
  if (at <= x[0]!) return y[0]
  const right = x.findIndex((value) => value >= at)
  if (right < 0) return undefined
  const share = (at - x[right - 1]!) / (x[right]! - x[right - 1]!)
  return y[right - 1]! + share * (y[right]! - y[right - 1]!)
}
