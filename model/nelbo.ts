import { meanAndError } from '../common/statistics.js'

/** A bound on −ln p of a set of strings (the negative evidence lower bound), in nats per string. */
export interface Nelbo {
  readonly mean: number
  readonly standardError: number
  /** Of each string, [B], to 1e-4 nats: under one seed differences between denoisers are paired. */
  readonly perString: readonly number[]
  /**
   * Its T parts, which sum to the mean, as the process's `boundOver` says: under masking crossEntropy[k−1] is nats per masked token
   * when exactly k uniformly chosen tokens are hidden; else the share of a position, or of a stretch of the chain.
   */
  readonly crossEntropy: readonly number[]
}

/** From the bound of each string, and its parts summed over strings. */
export function nelboOf(perString: Float64Array, sums: Float64Array): Nelbo {
  return {
    ...meanAndError(perString),
    perString: Array.from(perString, (value) => Math.round(value * 1e4) / 1e4),
    crossEntropy: Array.from(sums, (sum) => sum / perString.length),
  }
}
