import { type Random, uniformInteger } from '../../../common/random.js'
import { type Batch, spreadEvenly } from '../../batch.js'
import type { CleanBatch, UniformProcess } from '../../process.js'

/**
 * Discrete diffusion towards uniform noise (D3PM, arXiv 2107.03006, with the settings of arXiv 2505.16959): at every
 * step a token is replaced by a uniformly random one with probability β_t, so
 * q(x_t | x_0) = ᾱ_t·[x_t = x_0] + (1 − ᾱ_t)/V with α_t = 1 − β_t and ᾱ_t = Π α.
 */
export interface UniformSchedule {
  /** α_t for t = 0..steps (α_0 = 1). */
  readonly alpha: Float64Array
  /** ᾱ_t for t = 0..steps (ᾱ_0 = 1). */
  readonly kept: Float64Array
}

export function uniformSchedule({ steps, first, last }: UniformProcess): UniformSchedule {
  const alpha = new Float64Array(steps + 1).fill(1)
  const kept = new Float64Array(steps + 1).fill(1)
  for (let t = 1; t <= steps; t++) {
    alpha[t] = 1 - (steps === 1 ? last : first + ((last - first) * (t - 1)) / (steps - 1))
    kept[t] = kept[t - 1]! * alpha[t]!
  }
  return { alpha, kept }
}

/** Corrupts one string's token to time t. */
export function noisyToken(token: number, kept: number, vocabulary: number, random: Random): number {
  return random() < kept ? token : uniformInteger(random, vocabulary)
}

/**
 * Draws a time for every string, spread evenly over the chain, and corrupts it. The loss of a row is
 * KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)); its weight makes the batch's sum an estimate of the bound per token.
 */
export function corruptBatch(process: UniformProcess, clean: CleanBatch, random: Random, out: Batch): void {
  const { strings, length, vocabulary, chunk } = clean
  const { alpha, kept } = uniformSchedule(process)
  const batch = strings.length / length
  const spread = spreadEvenly(batch)
  const shift = uniformInteger(random, batch)
  const u = random()
  for (let b = 0; b < batch; b++) {
    const fraction = (u + ((spread[b]! + shift) % batch)) / batch
    const t = Math.min(process.steps, Math.floor(process.steps * fraction) + 1)
    for (let i = 0; i < length; i++) {
      const row = (Math.floor(b / chunk) * length + i) * chunk + (b % chunk)
      const token = strings[b * length + i]!
      out.tokens[row] = noisyToken(token, kept[t]!, vocabulary, random)
      out.targets[row] = token
      out.weights[row] = process.steps / (batch * length)
      out.levels![2 * row] = alpha[t]!
      out.levels![2 * row + 1] = kept[t - 1]!
    }
  }
}

/**
 * q(x_{t−1} | x_t, x_0) where x_0 is known up to probabilities: ∝ (α_t·[x = x_t] + (1 − α_t)/V)·(ᾱ_{t−1}·p_0(x) + (1 − ᾱ_{t−1})/V).
 *
 * @param start p_0, V probabilities, from `offset`
 * @param out receives V probabilities
 */
export function previousStep(
  current: number,
  start: ArrayLike<number>,
  offset: number,
  alpha: number,
  keptBefore: number,
  out: Float64Array,
): void {
  const vocabulary = out.length
  let total = 0
  for (let a = 0; a < vocabulary; a++) {
    const stay = (a === current ? alpha : 0) + (1 - alpha) / vocabulary
    out[a] = stay * (keptBefore * start[offset + a]! + (1 - keptBefore) / vocabulary)
    total += out[a]!
  }
  for (let a = 0; a < vocabulary; a++) out[a]! /= total
}
