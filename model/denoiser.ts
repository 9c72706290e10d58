import type { Process } from './process.js'

/**
 * Anything that predicts hidden tokens: a trained network, an exact posterior, a memoriser. Samplers and metrics
 * see only this.
 */
export interface Denoiser {
  /** T: tokens per string. */
  readonly tokens: number
  /** V: symbols it predicts; MASK = V marks a hidden token. */
  readonly vocabulary: number
  /** What it undoes, if not masking: `logProbabilities` then reads prefixes or noisy strings. */
  readonly process?: Exclude<Process, { kind: 'absorbing' }>
  /** Strings per call that it likes best. */
  readonly preferredBatch: number
  /**
   * Predictions for a batch of partially masked strings. An autoregressive one gives ln p(token | tokens before it) at
   * every position; one of uniform noise gives ln p(x_0 | x_t) of noisy strings.
   *
   * @param strings [B, T] row-major, MASK = V where hidden
   * @returns ln p(token | visible tokens), [B, T, V], in nats. Meaningful at hidden positions; −∞ throughout a
   *   position whose visible evidence is impossible
   */
  logProbabilities(strings: Int32Array): Promise<Float64Array>
  /**
   * A shortcut some have: reveals every token in a given order, one per prediction, as the samplers would.
   *
   * @param orders [B, T]: the position that each string reveals at each step
   * @param uniforms [B, T]: the number in [0, 1) that picks the token of each step
   * @returns [B, T]
   */
  reveal?(orders: Int32Array, uniforms: Float64Array, temperature: number): Promise<Int32Array>
  /**
   * A shortcut some have: Σ −ln p(truth) over the hidden tokens of each string, in nats.
   *
   * @param strings [B, T] with MASK
   * @param truth [B, T]
   * @returns [B]
   */
  hiddenLoss?(strings: Int32Array, truth: Int32Array): Promise<Float64Array>
}
