import type { RhmTables } from '../rhm/tables.js'
import { SCALED_REAL } from './semiring.js'
import { fillLeaves, treeSweep } from './tree-sweep.js'

/** Exact inference about the hidden tokens of partly masked strings. */
export interface TokenPosterior {
  /**
   * The probability of each token at each position given the visible ones, [B, d, v]. A visible position holds its
   * token with probability 1. Where the visible tokens of a position's block are impossible, all v are 0.
   *
   * @param strings [B, d] row-major, MASK = v where hidden
   * @param logEvidence receives ln P(visible tokens) in nats, [B]; −∞ where they are impossible
   */
  marginals(strings: Int32Array, logEvidence?: Float64Array): Float64Array
}

/**
 * The Bayes-optimal denoiser of a grammar that is known up to level ℓ (BP_ℓ): inside and outside on the tree of each
 * level-ℓ block, whose root has its exact marginal. ℓ = L is the exact posterior, ℓ = 0 the unigram of each position.
 * Cost O(nodes·v·m·s) per string.
 *
 * @example
 * ```ts
 * import { compile, randomRhm, tokenPosterior } from 'pcfg-diffusion/grammar'
 *
 * // The strings are 01 and 11; MASK is 2.
 * const posterior = tokenPosterior(compile(randomRhm({ v: 2, m: 1, s: 2, L: 1, seed: '6' })))
 * posterior.marginals(Int32Array.of(2, 1)) // → [0.5, 0.5, 0, 1]
 * posterior.marginals(Int32Array.of(0, 2)) // → [1, 0, 0, 1]
 * ```
 */
export function tokenPosterior(tables: RhmTables, depth = tables.L): TokenPosterior {
  const { d, v } = tables
  const sweep = treeSweep(tables, SCALED_REAL, depth)
  const [leaves, context] = [sweep.inside[0]!, sweep.outside[0]!]
  return {
    marginals(strings, logEvidence) {
      const out = new Float64Array(strings.length * v)
      for (let row = 0; row < strings.length; row += d) {
        fillLeaves(leaves, SCALED_REAL, strings, row, v)
        const totals = sweep.up()
        sweep.down()
        for (let at = 0; at < d * v; at += v) {
          let sum = 0
          for (let a = at; a < at + v; a++) sum += leaves[a]! * context[a]!
          if (sum === 0) continue
          for (let a = at; a < at + v; a++) out[row * v + a] = (leaves[a]! * context[a]!) / sum
        }
        if (!logEvidence) continue
        let log = 0
        totals.forEach((total, node) => {
          log += Math.log(total) + sweep.logScale[node]!
        })
        logEvidence[row / d] = log
      }
      return out
    },
  }
}
