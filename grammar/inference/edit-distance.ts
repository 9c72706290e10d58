import type { TokenMatrix } from '../../common/strings.js'
import { nodesAt, symbolsAt } from '../rhm/rhm.js'
import type { RhmTables } from '../rhm/tables.js'
import { MIN_PLUS } from './semiring.js'
import { treeSweep } from './tree-sweep.js'

/**
 * How many tokens must change before every level-ℓ block of a string parses: distances[ℓ][string], for ℓ = 0..L. Zero
 * exactly where the string is valid at ℓ; at L it is the distance to the language. MASK (v) becomes anything for free.
 *
 * @example
 * ```ts
 * import { compile, editDistances, randomRhm, tokenMatrix } from 'pcfg-diffusion/grammar'
 *
 * // The strings are 01 and 11.
 * const tables = compile(randomRhm({ v: 2, m: 1, s: 2, L: 1, seed: '6' }))
 * editDistances(tables, tokenMatrix([[0, 1], [0, 0], [1, 0]], 2))[1] // → [0, 1, 1]
 * ```
 */
export function editDistances(tables: RhmTables, strings: TokenMatrix): readonly Int32Array[] {
  const { L, d, v } = tables
  const sweep = treeSweep(tables, MIN_PLUS)
  const leaves = sweep.inside[0]!
  const distances = Array.from({ length: L + 1 }, () => new Int32Array(strings.count))
  for (let string = 0; string < strings.count; string++) {
    for (let t = 0; t < d; t++) {
      const token = strings.tokens[string * d + t]!
      for (let a = 0; a < v; a++) leaves[t * v + a] = token === v || token === a ? 0 : 1
    }
    const [root] = sweep.up()
    for (let level = 0; level < L; level++) {
      const symbols = symbolsAt(tables, level)
      let total = 0
      for (let node = 0; node < nodesAt(tables, level); node++) {
        let least = Number.POSITIVE_INFINITY
        for (let a = 0; a < symbols; a++) least = Math.min(least, sweep.inside[level]![node * symbols + a]!)
        total += least
      }
      distances[level]![string] = total
    }
    distances[L]![string] = root!
  }
  return distances
}
