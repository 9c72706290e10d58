import { entropyOf } from '../../common/statistics.js'
import { nodesAt } from './rhm.js'
import type { RhmTables } from './tables.js'

/**
 * Exact probability of each symbol at each node: marginals[ℓ][node·symbols + a] = P(node of level ℓ holds a).
 * Marginals of a random grammar are not flat, which is why chance levels need them.
 */
export function nodeMarginals(tables: RhmTables): readonly Float64Array[] {
  const { L, v, m, s } = tables
  const marginals: Float64Array[] = new Array(L + 1)
  marginals[L] = tables.rootProbability
  for (let level = L; level >= 1; level--) {
    const { symbols, rhs, probability } = tables.levels[level]!
    const above = marginals[level]!
    const below = new Float64Array(nodesAt(tables, level - 1) * v)
    for (let node = 0; node < nodesAt(tables, level); node++) {
      for (let rule = 0; rule < symbols * m; rule++) {
        const weight = above[node * symbols + Math.floor(rule / m)]! * probability[rule]!
        for (let i = 0; i < s; i++) below[(node * s + i) * v + rhs[rule * s + i]!]! += weight
      }
    }
    marginals[level - 1] = below
  }
  return marginals
}

/**
 * Entropy of a string, H = −Σ p ln p in nats: the root choice and every rule choice below it.
 *
 * @example
 * ```ts
 * import { compile, randomRhm, stringEntropy } from 'pcfg-diffusion/grammar'
 *
 * const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * stringEntropy(tables) // → 6.931
 * Math.log(8) + 7 * Math.log(2) // → 6.931
 * ```
 */
export function stringEntropy(tables: RhmTables): number {
  const marginals = nodeMarginals(tables)
  let total = entropyOf(tables.rootProbability)
  for (let level = tables.L; level >= 1; level--) {
    const { symbols, probability } = tables.levels[level]!
    const above = marginals[level]!
    for (let i = 0; i < above.length; i++) {
      total +=
        above[i]! * entropyOf(probability.subarray((i % symbols) * tables.m, ((i % symbols) + 1) * tables.m))
    }
  }
  return total
}
