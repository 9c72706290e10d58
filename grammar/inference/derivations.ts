import type { Random } from '../../common/random.js'
import { type Derivation, expand } from '../rhm/derivation.js'
import type { RhmTables } from '../rhm/tables.js'
import { type Choose, largest, proportional } from './choose.js'
import { MAX, SCALED_REAL, type Semiring } from './semiring.js'
import { fillLeaves, treeSweep } from './tree-sweep.js'

/** Completes partly masked strings with whole derivations. */
export interface Completer {
  /** A derivation whose tokens agree with the visible ones, or undefined where there is none. */
  complete(strings: Int32Array, row: number): Derivation | undefined
}

/**
 * Draws derivations from the exact posterior given the visible tokens.
 *
 * @example
 * ```ts
 * import { compile, posteriorSampler, randomRhm, stream } from 'pcfg-diffusion/grammar'
 *
 * // The strings are 01 and 11; MASK is 2.
 * const tables = compile(randomRhm({ v: 2, m: 1, s: 2, L: 1, seed: '6' }))
 * const sampler = posteriorSampler(tables, stream('0', 'completions'))
 * sampler.complete(Int32Array.of(0, 2), 0)?.levels[0] // → [0, 1]
 * sampler.complete(Int32Array.of(2, 0), 0) // → undefined
 * ```
 */
export function posteriorSampler(tables: RhmTables, random: Random): Completer {
  return completer(tables, SCALED_REAL, proportional(random))
}

/** The most probable derivation that agrees with the visible tokens; the first of equally probable ones. */
export function bestDerivation(tables: RhmTables): Completer {
  return completer(tables, MAX, largest)
}

/** Up in a semiring, then down by choices. */
function completer(tables: RhmTables, semiring: Semiring<number>, choose: Choose): Completer {
  const { L, m, s, v } = tables
  const sweep = treeSweep(tables, semiring)
  const weigh = semiring.fromProbability
  return {
    complete(strings, row) {
      // 1. What every block can be.
      fillLeaves(sweep.inside[0]!, semiring, strings, row, v)
      sweep.up()
      // 2. The root, then one rule per node.
      const roots = Array.from(tables.rootProbability, (p, a) =>
        semiring.times(weigh(p), sweep.inside[L]![a]!),
      )
      if (roots.every(semiring.isZero)) return undefined
      const levels: Int32Array[] = new Array(L + 1)
      levels[L] = Int32Array.of(choose(roots))
      for (let level = L; level >= 1; level--) {
        const { rhs, probability } = tables.levels[level]!
        const below = sweep.inside[level - 1]!
        levels[level - 1] = expand(tables, level, levels[level]!, (symbol, node) => {
          const values = Array.from({ length: m }, (_, rule) => {
            const index = symbol * m + rule
            let product = weigh(probability[index]!)
            for (let i = 0; i < s; i++)
              product = semiring.times(product, below[(node * s + i) * v + rhs[index * s + i]!]!)
            return product
          })
          return choose(values)
        })
      }
      return { levels }
    },
  }
}
