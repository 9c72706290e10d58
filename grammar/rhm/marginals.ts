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

/** Entropy of a string, H = −Σ p ln p in nats: the root choice and every rule choice below it. */
export function stringEntropy(tables: RhmTables): number {
  const marginals = nodeMarginals(tables)
  let total = entropyOf(tables.rootProbability, 0, tables.n)
  for (let level = tables.L; level >= 1; level--) {
    const { symbols, probability } = tables.levels[level]!
    const above = marginals[level]!
    for (let i = 0; i < above.length; i++) {
      total += above[i]! * entropyOf(probability, (i % symbols) * tables.m, tables.m)
    }
  }
  return total
}

function entropyOf(probability: Float64Array, offset: number, length: number): number {
  let total = 0
  for (let i = 0; i < length; i++) {
    const p = probability[offset + i]!
    if (p > 0) total -= p * Math.log(p)
  }
  return total
}
