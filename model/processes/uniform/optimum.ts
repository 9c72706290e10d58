import type { NoisyStrings } from '../../../common/noisy-strings.js'
import { bestStart } from './best-start.js'
import type { UniformSchedule } from './chain.js'

/**
 * The predictions with the least expected bound where the time is told: p(x_0 | all other tokens of x_t), since the step takes in
 * the token itself. The step is then drawn from each token's exact p(x_{t−1} | x_t).
 */
export function bestInTime({ kept }: UniformSchedule, noisy: NoisyStrings) {
  return (strings: Int32Array, times: Int32Array): Float64Array =>
    noisy.contexts(
      strings,
      Array.from(times, (t) => kept[t]!),
    )
}

/**
 * The predictions with the least expected bound where the time is not told: those that suit all times best, each as likely as the
 * string makes it, p(t | x_t) ∝ p(x_t | t). Probabilities of noisy strings are polynomials in ᾱ_t of degree T, so T + 1 values
 * of ᾱ say all.
 */
export function bestAtAnyTime(
  schedule: UniformSchedule,
  noisy: NoisyStrings,
  length: number,
): (strings: Int32Array) => Float64Array {
  const [T, V] = [length, noisy.vocabulary]
  const { alpha, kept } = schedule
  const steps = alpha.length - 1
  const nodes = chebyshevNodes(T + 1)
  const N = nodes.length
  const interpolation = Array.from({ length: steps }, (_, t) => lagrange(nodes, kept[t + 1]!))
  const logEvidence = new Float64Array(N)
  const joint = new Float64Array(N * T * V)
  const weights = new Float64Array(steps * V)
  const here = new Float64Array(V)
  return (strings) => {
    const out = new Float64Array(strings.length * V)
    for (let row = 0; row < strings.length; row += T) {
      // 1. p(x_0 at a place, x_t elsewhere) at every node, up to a factor.
      const string = strings.subarray(row, row + T)
      const contexts = noisy.contexts(repeated(string, N), nodes, logEvidence)
      const most = Math.max(...logEvidence)
      for (let n = 0; n < N; n++) {
        const [keep, evidence] = [nodes[n]!, Math.exp(logEvidence[n]! - most)]
        for (let i = 0; i < T; i++) {
          const at = (n * T + i) * V
          const seen = keep * contexts[at + string[i]!]! + (1 - keep) / V
          for (let a = 0; a < V; a++) joint[at + a] = (contexts[at + a]! * evidence) / seen
        }
      }
      for (let i = 0; i < T; i++) {
        // 2. p(t, x_{t−1} at the place, x_t).
        const best = out.subarray((row + i) * V, (row + i + 1) * V)
        for (let t = 1; t <= steps; t++) {
          const shares = interpolation[t - 1]!
          let total = 0
          for (let a = 0; a < V; a++) {
            let value = 0
            for (let n = 0; n < N; n++) value += shares[n]! * joint[(n * T + i) * V + a]!
            here[a] = Math.max(0, value)
            total += here[a]!
          }
          for (let a = 0; a < V; a++) {
            const stay = (a === string[i] ? alpha[t]! : 0) + (1 - alpha[t]!) / V
            const before = kept[t - 1]! * here[a]! + ((1 - kept[t - 1]!) / V) * total
            weights[(t - 1) * V + a] = stay * before
            best[a]! += here[a]!
          }
        }
        // 3. What suits all of them, beginning with the mean over time.
        const whole = best.reduce((sum, value) => sum + value, 0)
        for (let a = 0; a < V; a++) best[a]! /= whole
        bestStart(schedule, weights, string[i]!, best)
      }
    }
    return out
  }
}

/** Zeros of a Chebyshev polynomial, in (0, 1). */
function chebyshevNodes(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, n) => (1 + Math.cos((Math.PI * (n + 0.5)) / count)) / 2)
}

/** The value at x of a polynomial is its values at the nodes times these. */
function lagrange(nodes: Float64Array, x: number): Float64Array {
  return nodes.map((node, n) =>
    nodes.reduce((product, other, k) => (k === n ? product : (product * (x - other)) / (node - other)), 1),
  )
}

function repeated(string: Int32Array, count: number): Int32Array {
  const out = new Int32Array(count * string.length)
  for (let n = 0; n < count; n++) out.set(string, n * string.length)
  return out
}
