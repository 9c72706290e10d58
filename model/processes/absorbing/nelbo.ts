import { drawSubset, stream } from '../../../common/random.js'
import { row as rowOf, type TokenMatrix } from '../../../common/strings.js'
import type { Denoiser } from '../../denoiser.js'
import { type Nelbo, nelboOf } from '../../nelbo.js'
import { requireMasks } from './infill.js'

/**
 * NELBO = Σ_k CE_k, estimated with one mask per mask count and string (arXiv 2406.04329 in its mask-count form).
 * String i always gets the same masks under one seed, whatever the denoiser and whatever the set, so differences
 * between checkpoints and between train and test are paired and quiet.
 */
export async function estimateNelbo(denoiser: Denoiser, strings: TokenMatrix, seed: string): Promise<Nelbo> {
  const { length } = strings
  const sums = new Float64Array(length)
  const perString = new Float64Array(strings.count)
  const perBatch = Math.max(1, Math.floor(denoiser.preferredBatch / length))
  for (let first = 0; first < strings.count; first += perBatch) {
    const size = Math.min(perBatch, strings.count - first)
    const masked = maskEveryCount(strings, denoiser.vocabulary, seed, first, size)
    const truth = new Int32Array(masked.length)
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < length; k++) truth.set(rowOf(strings, first + i), (i * length + k) * length)
    }
    const losses = await hiddenLoss(denoiser, masked, truth)
    for (let row = 0; row < losses.length; row++) {
      const k = (row % length) + 1
      sums[k - 1]! += losses[row]! / k
      perString[first + Math.floor(row / length)]! += losses[row]! / k
    }
  }
  return nelboOf(perString, sums)
}

/**
 * Each of `size` strings from `first` with k = 1..T hidden tokens, [size·T, T]: the masks of the estimate.
 *
 * @param mask the MASK token, V
 */
export function maskEveryCount(
  strings: TokenMatrix,
  mask: number,
  seed: string,
  first: number,
  size: number,
): Int32Array {
  const { length } = strings
  const order = new Int32Array(length)
  const masked = new Int32Array(size * length * length)
  for (let i = 0; i < size; i++) {
    const random = stream(seed, 'nelbo', first + i)
    for (let k = 1; k <= length; k++) {
      const row = (i * length + k - 1) * length
      masked.set(rowOf(strings, first + i), row)
      drawSubset(random, length, k, order)
      for (let j = 0; j < k; j++) masked[row + order[j]!] = mask
    }
  }
  return masked
}

/**
 * The exact NELBO of each string, Σ_{M≠∅} [1/(k·C(d,k))] Σ_{i∈M} −ln p(x_i | x_∖M) with k = |M|, in nats:
 * 2^d − 1 predictions per string, for d up to 16.
 *
 * @example
 * ```ts
 * import { bayesDenoiser } from 'pcfg-diffusion/analysis'
 * import { rhmSource } from 'pcfg-diffusion/corpus'
 * import { compile, randomRhm, tokenMatrix } from 'pcfg-diffusion/grammar'
 * import { exactNelbo } from 'pcfg-diffusion/model'
 *
 * const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' })))
 * // −ln p of one string of 1,024 that are equally probable.
 * await exactNelbo(bayesDenoiser(source), tokenMatrix([[0, 6, 4, 4, 4, 7, 3, 5]], 8)) // → [6.931]
 * ```
 */
export async function exactNelbo(denoiser: Denoiser, strings: TokenMatrix): Promise<Float64Array> {
  return (await exactTerms(denoiser, strings)).perString
}

/** The same as a {@link Nelbo}: no mask is drawn, so its error is over strings alone. */
export async function exactBound(denoiser: Denoiser, strings: TokenMatrix): Promise<Nelbo> {
  const { perString, sums } = await exactTerms(denoiser, strings)
  return nelboOf(perString, sums)
}

/** Per string the whole bound, per mask count k − 1 its part, summed over strings. */
async function exactTerms(
  denoiser: Denoiser,
  strings: TokenMatrix,
): Promise<{ readonly perString: Float64Array; readonly sums: Float64Array }> {
  requireMasks(denoiser)
  const { length, tokens } = strings
  if (length > 16)
    throw new RangeError(`exactNelbo: 2^${length} masks per string; use estimateNelbo above 16 tokens`)
  const out = new Float64Array(strings.count)
  const sums = new Float64Array(length)
  const subsets = 2 ** length
  // None with k = 0: every subset hides some.
  const weights = Float64Array.from({ length: length + 1 }, (_, k) => 1 / (k * binomial(length, k)))
  for (let i = 0; i < strings.count; i++) {
    for (let first = 1; first < subsets; first += denoiser.preferredBatch) {
      const size = Math.min(denoiser.preferredBatch, subsets - first)
      const masked = new Int32Array(size * length)
      const counts = new Int32Array(size)
      for (let row = 0; row < size; row++) {
        for (let t = 0; t < length; t++) {
          const hidden = ((first + row) >> t) & 1
          masked[row * length + t] = hidden ? denoiser.vocabulary : tokens[i * length + t]!
          counts[row]! += hidden
        }
      }
      const truth = Int32Array.from(masked, (_, at) => tokens[i * length + (at % length)]!)
      const losses = await hiddenLoss(denoiser, masked, truth)
      for (let row = 0; row < size; row++) {
        const part = weights[counts[row]!]! * losses[row]!
        out[i]! += part
        sums[counts[row]! - 1]! += part
      }
    }
  }
  return { perString: out, sums }
}

/** Σ −ln p over the hidden tokens of each string, [B]: the denoiser's own, or from its predictions. */
export async function hiddenLoss(
  denoiser: Denoiser,
  strings: Int32Array,
  truth: Int32Array,
): Promise<Float64Array> {
  if (denoiser.hiddenLoss) return denoiser.hiddenLoss(strings, truth)
  const { length, vocabulary } = denoiser
  const predictions = await denoiser.logProbabilities(strings)
  const out = new Float64Array(strings.length / length)
  for (let at = 0; at < strings.length; at++) {
    if (strings[at] === vocabulary)
      out[Math.floor(at / length)]! -= predictions[at * vocabulary + truth[at]!]!
  }
  return out
}

function binomial(n: number, k: number): number {
  let value = 1
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i
  return value
}
