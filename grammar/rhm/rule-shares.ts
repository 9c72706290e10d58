import { nodeMarginals } from './marginals.js'
import { nodesAt } from './rhm.js'
import { type RhmTables, ruleOver } from './tables.js'

/** Share of level-ℓ blocks that each rule symbol·m + r makes in the language, over all positions of the level. */
export function ruleShares(tables: RhmTables, level: number): Float64Array {
  const { symbols, probability } = tables.levels[level]!
  const marginals = nodeMarginals(tables)[level]!
  const nodes = nodesAt(tables, level)
  const shares = new Float64Array(probability.length)
  for (let node = 0; node < nodes; node++) {
    for (let rule = 0; rule < shares.length; rule++)
      shares[rule]! += (marginals[node * symbols + Math.floor(rule / tables.m)]! * probability[rule]!) / nodes
  }
  return shares
}

/**
 * How many valid level-ℓ blocks each rule made.
 * @param parsed as `parse` returns it
 */
export function ruleCounts(tables: RhmTables, level: number, parsed: readonly Int32Array[]): Int32Array {
  const counts = new Int32Array(tables.levels[level]!.probability.length)
  parsed[level]!.forEach((symbol, node) => {
    if (symbol >= 0) counts[ruleOver(tables, level, parsed[level - 1]!, node)]!++
  })
  return counts
}
