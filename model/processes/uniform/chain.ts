import { z } from 'zod'
import { type Random, uniformInteger } from '../../../common/random.js'

const rate = z.number().gt(0).lt(1)

/** Uniform noise; the defaults are the settings of arXiv 2505.16959. */
export const uniformSchema = z
  .strictObject({
    kind: z.literal('uniform'),
    steps: z.int().min(1).default(200).describe('steps of the chain'),
    first: rate.default(1e-3).describe('β of the first step'),
    last: rate.default(0.1).describe('β of the last step; linear in between'),
    time: z
      .boolean()
      .optional()
      .describe('tell networks the step of each string, default false: they read the noise off the string'),
  })
  .describe('tokens turn into uniformly random ones over a chain of steps (D3PM)')

export type UniformConfig = z.output<typeof uniformSchema>

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

export function uniformSchedule({ steps, first, last }: UniformConfig): UniformSchedule {
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
