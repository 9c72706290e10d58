/** Exact inference about strings of which every token was kept with some probability, and else replaced by a uniformly random one. */
export interface NoisyStrings {
  /** V */
  readonly vocabulary: number
  /**
   * What all other tokens of a noisy string say of the token that stood at a position: p(x_i | y_j for all j ≠ i), [B, T, V] (the
   * cavity distribution of belief propagation). Times q(y_i | x_i), and normalised, it is the posterior p(x_i | y). 0 throughout
   * where the other tokens are impossible.
   *
   * @param strings y, [B, T] row-major
   * @param kept [B]: the probability with which the tokens of each string were kept
   * @param logEvidence receives ln p(y) in nats, [B]; −∞ where it is impossible
   */
  contexts(strings: Int32Array, kept: ArrayLike<number>, logEvidence?: Float64Array): Float64Array
}
