import { type Random, uniformInteger } from '../../../common/random.js'
import { type BatchArrays, spreadEvenly } from '../../batch.js'
import type { CleanBatch } from '../../denoiser.js'
import { noisyToken, type UniformSchedule } from './chain.js'

/**
 * Draws a time for every string, spread evenly over the chain, and corrupts it. The loss of a row is
 * KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)); its weight makes the batch's sum an estimate of the bound per token, and its
 * levels are α_t and ᾱ_{t−1} of its string. Where the batch has `times`, they are t.
 */
export function corruptBatch(
  { alpha, kept }: UniformSchedule,
  { strings, length, vocabulary, chunk }: CleanBatch,
  random: Random,
  out: BatchArrays,
): void {
  const steps = alpha.length - 1
  const batch = strings.length / length
  const spread = spreadEvenly(batch)
  const shift = uniformInteger(random, batch)
  const u = random()
  for (let b = 0; b < batch; b++) {
    const fraction = (u + ((spread[b]! + shift) % batch)) / batch
    const t = Math.min(steps, Math.floor(steps * fraction) + 1)
    if (out.times) out.times[b] = t
    for (let i = 0; i < length; i++) {
      const row = (Math.floor(b / chunk) * length + i) * chunk + (b % chunk)
      const token = strings[b * length + i]!
      out.tokens![row] = noisyToken(token, kept[t]!, vocabulary, random)
      out.targets![row] = token
      out.weights![row] = steps / (batch * length)
      out.levels![2 * row] = alpha[t]!
      out.levels![2 * row + 1] = kept[t - 1]!
    }
  }
}
