import type { UniformSchedule } from './chain.js'

/** Rounds of the iteration; about five are usual. */
const ROUNDS = 500
/** What probabilities may still move. */
const STILL = 1e-9
/** Times that are less likely than this, of all, change nothing. */
const UNLIKELY = 1e-14

/**
 * The probabilities of x_0 at one place that the step from any time is best predicted with where the time is not told: they minimise
 *
 * Σ_t Σ_a w_t(a)·(−ln p_t(a)),   p_t(a) ∝ (α_t·[a = x] + (1 − α_t)/V)·(ᾱ_{t−1}·p(a) + (1 − ᾱ_{t−1})/V),
 *
 * over p. The normalisers of p_t make that no convex problem: what is found is a minimum, and with three tokens (tests) the lowest. Newton's steps where the sum bends upwards, else steps that never raise it.
 *
 * @param weights w, [steps, V]: p(t, x_{t−1} = a, x_t) up to a factor, for t = 1..steps
 * @param current x: the token of x_t at the place
 * @param start V probabilities, where to begin; receives the result
 */
export function bestStart(
  schedule: UniformSchedule,
  weights: Float64Array,
  current: number,
  start: Float64Array,
): void {
  const totals = totalsOf(weights, start.length)
  for (let round = 0; round < ROUNDS; round++) {
    const slopes = slopesAt(schedule, weights, totals, current, start)
    const next = newton(start, current, slopes) ?? maximise(start, current, slopes)
    const moved = next.reduce((most, value, a) => Math.max(most, Math.abs(value - start[a]!)), 0)
    start.set(next)
    if (moved < STILL) return
  }
}

/** First and second derivatives of the sum's two parts, signs left out. */
interface Slopes {
  /** Of the shares before normalisation, by each token's probability. */
  readonly first: Float64Array
  readonly second: Float64Array
  /** Of the normalisers, which depend on the current token's probability alone. */
  readonly pull: number
  readonly bend: number
}

function slopesAt(
  { alpha, kept }: UniformSchedule,
  weights: Float64Array,
  totals: Float64Array,
  current: number,
  start: Float64Array,
): Slopes {
  const V = start.length
  const [first, second] = [new Float64Array(V), new Float64Array(V)]
  let [pull, bend] = [0, 0]
  for (let t = 1; t < alpha.length; t++) {
    const total = totals[t - 1]!
    if (total === 0) continue
    const keep = kept[t - 1]!
    const rest = (1 - keep) / V
    for (let a = 0; a < V; a++) {
      const weight = weights[(t - 1) * V + a]!
      // What is never expected may have no probability.
      if (weight === 0) continue
      const ratio = keep / (keep * start[a]! + rest)
      first[a]! += weight * ratio
      second[a]! += weight * ratio * ratio
    }
    const stay = alpha[t]!
    const ratio = (stay * keep) / (stay * (keep * start[current]! + rest) + (1 - stay) / V)
    pull += total * ratio
    bend += total * ratio * ratio
  }
  return { first, second, pull, bend }
}

/**
 * Newton's step on Σ p = 1, cut short inside the simplex; undefined where the sum does not bend upwards. Tokens that have next to
 * nothing and should have less are left as they are: they would cut the others' steps down to nothing.
 */
function newton(
  start: Float64Array,
  current: number,
  { first, second, pull, bend }: Slopes,
): Float64Array | undefined {
  const slope = first.map((value, a) => value - (a === current ? pull : 0))
  const curvature = second.map((value, a) => value - (a === current ? bend : 0))
  const free = Array.from(start, (p) => p > 0)
  for (;;) {
    let [along, across] = [0, 0]
    for (let a = 0; a < start.length; a++) {
      if (!free[a]) continue
      along += slope[a]! / curvature[a]!
      across += 1 / curvature[a]!
    }
    // On the simplex it may bend upwards although it does not along the current token's own probability.
    if (free[current] && curvature[current]! > 0 === across < 0) return undefined
    const step = start.map((_, a) => (free[a] ? (slope[a]! - along / across) / curvature[a]! : 0))
    const held = step.findIndex((by, a) => by < 0 && start[a]! < STILL)
    if (held < 0) {
      const room = step.reduce(
        (least, by, a) => (by < 0 ? Math.min(least, (0.9 * start[a]!) / -by) : least),
        1,
      )
      return start.map((p, a) => p + room * step[a]!)
    }
    free[held] = false
  }
}

/**
 * A step that never raises the sum: logarithms of shares are bounded as in expectation maximisation, those of normalisers, which are
 * concave, by their tangent. Then p(a) is an expected count over a multiplier, which Σ p = 1 gives by a quadratic equation.
 */
function maximise(start: Float64Array, current: number, { first, pull }: Slopes): Float64Array {
  const counts = start.map((p, a) => p * first[a]!)
  const own = counts[current]!
  const others = counts.reduce((sum, count, a) => (a === current ? sum : sum + count), 0)
  const half = (others + own - pull) / 2
  const multiplier = half + Math.sqrt(half * half + others * pull)
  return counts.map((count, a) => count / (a === current ? multiplier + pull : multiplier))
}

/** The weight of each time; 0 where it is too little to matter. */
function totalsOf(weights: Float64Array, V: number): Float64Array {
  const totals = new Float64Array(weights.length / V)
  weights.forEach((weight, at) => {
    totals[Math.floor(at / V)]! += weight
  })
  const all = totals.reduce((sum, total) => sum + total, 0)
  return totals.map((total) => (total < UNLIKELY * all ? 0 : total))
}
