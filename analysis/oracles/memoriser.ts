import type { TokenMatrix } from '../../common/strings.js'
import type { Denoiser } from '../../model/denoiser.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { consistencyIndex } from './consistency.js'

/**
 * How a memoriser is softened towards something that generalises.
 *
 * - none: p(a) = n(z, a)/n(z) over the n(z) training strings that agree with the visible tokens z; samples of it are
 *   training strings. Without any such string every token is impossible.
 * - substitution: every training token may have been replaced with probability rate (a kernel of that width): strings count by
 *   (rate/(v−1))^mismatches.
 * - additive: (n(z, a) + c·q(a))/(n(z) + c).
 * - threshold: n(z, a)/max(n(z), τ), the rest of the probability from q.
 */
export type Smoothing =
  | { readonly kind: 'none' }
  | { readonly kind: 'substitution'; readonly rate: number }
  | { readonly kind: 'additive'; readonly c: number }
  | { readonly kind: 'threshold'; readonly tau: number }

/**
 * The posterior of a training set: what a network that has memorised it predicts.
 *
 * @param prior q of the smoothed families, say BP_ℓ; default the unigram of each position of the training set
 *
 * @example
 * ```ts
 * import { memoriser } from 'pcfg-diffusion/analysis'
 * import { tokenMatrix } from 'pcfg-diffusion/grammar'
 * import { exactNelbo } from 'pcfg-diffusion/model'
 *
 * const train = tokenMatrix([[0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 0]], 3)
 * await exactNelbo(memoriser(train, 2), train) // → [1.386, 1.386, 1.386, 1.386]
 * Math.log(4) // → 1.386
 * ```
 */
export function memoriser(
  train: TokenMatrix,
  v: number,
  smoothing: Smoothing = { kind: 'none' },
  prior?: Denoiser,
): Denoiser {
  const { length: d } = train
  const count =
    smoothing.kind === 'substitution' ? kernelCounts(train, v, smoothing.rate) : exactCounts(train, v)
  const unigram = new Float64Array(d * v)
  train.tokens.forEach((token, at) => {
    unigram[(at % d) * v + token]! += 1 / train.count
  })
  return {
    length: d,
    vocabulary: v,
    process: MASKING,
    preferredBatch: 1024,
    async logProbabilities(strings) {
      const out = new Float64Array(strings.length * v)
      const priors = (await prior?.logProbabilities(strings))?.map(Math.exp)
      const counts = new Float64Array(d * v)
      for (let row = 0; row < strings.length; row += d) {
        const total = count(strings, row, counts)
        const [extra, divisor] = share(smoothing, total)
        for (let i = 0; i < d * v; i++) {
          const q = priors ? priors[row * v + i]! : unigram[i]!
          out[row * v + i] =
            divisor === 0 ? Number.NEGATIVE_INFINITY : Math.log((counts[i]! + extra * q) / divisor)
        }
      }
      return out
    },
  }
}

/** How many strings the prior counts as, and what counts are divided by. */
function share(smoothing: Smoothing, total: number): readonly [number, number] {
  switch (smoothing.kind) {
    case 'additive':
      return [smoothing.c, total + smoothing.c]
    case 'threshold':
      return [Math.max(0, smoothing.tau - total), Math.max(total, smoothing.tau)]
    default:
      return [0, total]
  }
}

/** Fills counts[position·v + a] with the weight of training strings that go with a row; returns their total. */
type Counter = (strings: Int32Array, row: number, counts: Float64Array) => number

function exactCounts(train: TokenMatrix, v: number): Counter {
  const index = consistencyIndex(train, v)
  const d = train.length
  return (strings, row, counts) => {
    counts.fill(0)
    const consistent = index.consistent(strings, row)
    for (const n of consistent) for (let t = 0; t < d; t++) counts[t * v + train.tokens[n * d + t]!]! += 1
    return consistent.length
  }
}

/** Weights relative to the closest training string, so that none underflows. */
function kernelCounts(train: TokenMatrix, v: number, rate: number): Counter {
  const d = train.length
  const [same, other] = [1 - rate, rate / (v - 1)]
  const mismatches = new Int32Array(train.count)
  return (strings, row, counts) => {
    counts.fill(0)
    let closest = d
    for (let n = 0; n < train.count; n++) {
      let differing = 0
      for (let t = 0; t < d; t++) {
        // A hidden token differs from that of every training string: it makes none of them closer.
        if (strings[row + t] !== train.tokens[n * d + t]) differing++
      }
      mismatches[n] = differing
      closest = Math.min(closest, differing)
    }
    let total = 0
    for (let n = 0; n < train.count; n++) {
      const weight = (other / same) ** (mismatches[n]! - closest)
      total += weight
      for (let t = 0; t < d; t++) counts[t * v + train.tokens[n * d + t]!]! += weight
    }
    // A token that a string holds is seen as itself with probability `same`, as any other with `other`.
    for (let i = 0; i < d * v; i++) counts[i] = same * counts[i]! + other * (total - counts[i]!)
    return total
  }
}
