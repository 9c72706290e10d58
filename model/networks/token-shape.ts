/** What a network reads and predicts. */
export interface TokenShape {
  /** T: tokens per string. */
  readonly tokens: number
  /** V: symbols it predicts; the input vocabulary has one more, MASK = V. */
  readonly vocabulary: number
}
