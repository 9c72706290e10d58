/**
 * Anything that predicts hidden tokens: a trained network, an exact posterior, a memoriser. Samplers and metrics
 * see only this.
 */
export interface Denoiser {
  /** T: tokens per string. */
  readonly tokens: number
  /** V: symbols it predicts; MASK = V marks a hidden token. */
  readonly vocabulary: number
  /** Strings per call that it likes best. */
  readonly preferredBatch: number
  /**
   * Predictions for a batch of partially masked strings.
   *
   * @param strings [B, T] row-major, MASK = V where hidden
   * @returns ln p(token | visible tokens), [B, T, V], in nats. Meaningful at hidden positions; −∞ throughout a
   *   position whose visible evidence is impossible
   */
  logProbabilities(strings: Int32Array): Promise<Float64Array>
}
