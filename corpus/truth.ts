import type { NoisyStrings } from '../common/noisy-strings.js'
import type { TokenMatrix } from '../common/strings.js'
import type { TokenPosterior } from '../grammar/inference/posterior.js'

/** What is known exactly about the strings of a source. Parts that are not known are absent, and so is every metric that needs them. */
export interface Truth {
  /** H: entropy of a string, nats. No model's loss is lower on average. */
  readonly entropy?: number
  /** ln p of each string, nats; −∞ where it is not of the language. */
  logProbabilities?(strings: TokenMatrix): Float64Array
  readonly levels?: Levels
  /** Exact posterior of hidden tokens for a reader who knows levels up to `depth`, 0..L. */
  posterior?(depth: number): TokenPosterior
  /** Exact inference about strings under uniform noise. */
  noisy?(): NoisyStrings
  /** ln of the probability of every level-ℓ block at its position, [count·nodes] for ℓ = 0..L; −∞ where it does not parse. */
  blocks?(strings: TokenMatrix): readonly Float64Array[]
  /** Tokens to change before every level-ℓ block of a string parses, [count] for ℓ = 0..L. */
  edits?(strings: TokenMatrix): readonly Int32Array[]
}

/** A hierarchy over strings of one shape: level 0 are the tokens, level L is the root, every level-ℓ node covers as many tokens. */
export interface Levels {
  /** L */
  readonly depth: number
  /** s: children of a node. */
  readonly branching: number
  /** Nodes of a string at a level, s^(L−ℓ). */
  nodes(level: number): number
  /**
   * Bottom-up parse: levels[ℓ][string·nodes + node] is the symbol whose whole subtree parses, or −1 where none does.
   * @param tokens [B, T] row-major; tokens outside the vocabulary (MASK, for one) do not parse
   */
  parse(tokens: ArrayLike<number>): readonly Int32Array[]
  /** c_ℓ for ℓ = 0..L: the probability that a block parses when its children do and are independent draws from their exact marginals. */
  readonly conditionalChance: readonly number[]
  /** Node validity of independent uniform tokens, ℓ = 0..L. */
  readonly uniformChance: readonly number[]
  /** Share of blocks that each rule of a level makes in the language, over all its positions; sums to 1. */
  ruleShares(level: number): Float64Array
  /** How many parsed blocks of a level each rule has made. */
  ruleCounts(level: number, parsed: readonly Int32Array[]): Int32Array
  /** P*_ℓ for ℓ = 1..L, the training strings that level ℓ takes: for a learner that reuses rules, and for one that tells raw tuples apart. */
  readonly thresholds: { readonly reuse: readonly number[]; readonly raw: readonly number[] }
}
