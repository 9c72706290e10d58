import { drawSubset, type Random } from '../../common/random.js'
import { boundWeight, type Schedule, visibleProbability } from './schedule.js'

/**
 * What a masked token's cross-entropy counts for.
 *
 * - mask-count: k uniform in 1..d, a random k-subset, weight d/k. The bound's expectation with far less variance.
 * - elbo: t uniform, every token masked with probability 1 − α(t), weight −α′/(1−α). Heavy-tailed.
 * - unweighted: masks as in elbo, every masked token counts the same.
 */
export type LossKind = 'mask-count' | 'elbo' | 'unweighted'

export const LOSS_KINDS: readonly LossKind[] = ['mask-count', 'elbo', 'unweighted']

/** One batch as the train step wants it: C chunks of B/C strings, each token-major, rows t·(B/C) + b. */
export interface MaskedBatch {
  /** [C, T, B/C], MASK = V where hidden. */
  readonly tokens: Int32Array
  /** [C, T·B/C] */
  readonly targets: Int32Array
  /** [C, T·B/C]; Σ weight·cross-entropy is the loss in nats per token. */
  readonly weights: Float32Array
}

/**
 * Masks B strings for one training step. Mask counts (or times) are low-discrepancy over the batch: one uniform
 * draw, shifted by i/B for string i.
 *
 * @param strings [B, T] row-major, unmasked
 * @param mask the MASK token, V
 * @param chunk strings per chunk; divides B
 */
export function maskBatch(
  strings: Int32Array,
  length: number,
  mask: number,
  loss: LossKind,
  schedule: Schedule,
  random: Random,
  out: MaskedBatch,
  chunk = strings.length / length,
): void {
  const batch = strings.length / length
  const order = new Int32Array(length)
  const hidden = new Uint8Array(length)
  const u = random()
  let maskedTotal = 0
  for (let b = 0; b < batch; b++) {
    const t = (u + b / batch) % 1
    hidden.fill(0)
    let weight = 1
    if (loss === 'mask-count') {
      const k = Math.floor(length * t) + 1
      drawSubset(random, length, k, order)
      for (let i = 0; i < k; i++) hidden[order[i]!] = 1
      weight = 1 / (k * batch)
    } else {
      const visible = visibleProbability(schedule, t)
      for (let i = 0; i < length; i++) hidden[i] = random() < visible ? 0 : 1
      if (loss === 'elbo') weight = boundWeight(schedule, t) / (batch * length)
    }
    for (let i = 0; i < length; i++) {
      const row = (Math.floor(b / chunk) * length + i) * chunk + (b % chunk)
      const token = strings[b * length + i]!
      out.targets[row] = token
      out.tokens[row] = hidden[i] ? mask : token
      out.weights[row] = hidden[i] ? weight : 0
      maskedTotal += hidden[i]!
    }
  }
  if (loss === 'unweighted' && maskedTotal > 0) {
    for (let row = 0; row < out.weights.length; row++) out.weights[row]! /= maskedTotal
  }
}
