import type { NoisyStrings } from '../../common/noisy-strings.js'
import type { RhmTables } from '../rhm/tables.js'
import { SCALED_REAL } from './semiring.js'
import { treeSweep } from './tree-sweep.js'

/**
 * Inside and outside on the tree over soft leaves: a token y says κ·[a = y] + (1 − κ)/v of every a, where tokens were kept with
 * probability κ. Cost O(nodes·v·m·s) per string.
 *
 * @example
 * ```ts
 * import { compile, noisyStrings, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * // The strings are 01 and 11: the second token says nothing of the first, and is always 1.
 * const noisy = noisyStrings(compile(randomRhm({ v: 2, m: 1, s: 2, L: 1, seed: '6' })))
 * noisy.contexts(Int32Array.of(0, 0), [0.5]) // → [0.5, 0.5, 0, 1]
 * ```
 */
export function noisyStrings(tables: RhmTables): NoisyStrings {
  const { d, v } = tables
  const sweep = treeSweep(tables, SCALED_REAL)
  const [leaves, context] = [sweep.inside[0]!, sweep.outside[0]!]
  return {
    vocabulary: v,
    contexts(strings, kept, logEvidence) {
      const out = new Float64Array(strings.length * v)
      for (let row = 0; row < strings.length; row += d) {
        const share = kept[row / d]!
        for (let at = 0; at < d * v; at++)
          leaves[at] = (strings[row + Math.floor(at / v)] === at % v ? share : 0) + (1 - share) / v
        const [total] = sweep.up()
        sweep.down()
        for (let at = 0; at < d * v; at += v) {
          let sum = 0
          for (let a = at; a < at + v; a++) sum += context[a]!
          if (sum === 0) continue
          for (let a = at; a < at + v; a++) out[row * v + a] = context[a]! / sum
        }
        if (logEvidence) logEvidence[row / d] = Math.log(total!) + sweep.logScale[0]!
      }
      return out
    },
  }
}
