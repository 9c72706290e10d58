import { tupleCode } from '../../grammar/rhm/derivation.js'
import { nodeMarginals } from '../../grammar/rhm/marginals.js'
import { nodesAt } from '../../grammar/rhm/rhm.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'

/** How often a level's rules are used in valid blocks of samples, against how often the grammar uses them. */
export interface RuleUsage {
  readonly level: number
  /** Valid blocks counted. */
  readonly blocks: number
  /** Entropy of the rules used, nats; and of the grammar's own use of them. */
  readonly entropy: number
  readonly expectedEntropy: number
  /** χ² of the counts per degree of freedom: 1 on average for independent draws from the grammar, more where some rules are over-used. */
  readonly chiSquare: number | null
}

/**
 * Rule usage per level 1..L.
 * @param parsed as `parse` returns it
 */
export function ruleUsage(tables: RhmTables, parsed: readonly Int32Array[]): RuleUsage[] {
  const marginals = nodeMarginals(tables)
  return Array.from({ length: tables.L }, (_, i) => {
    const level = i + 1
    const { symbols, probability, ruleOfTuple } = tables.levels[level]!
    const counts = new Int32Array(probability.length)
    const nodes = nodesAt(tables, level)
    const here = parsed[level]!
    let blocks = 0
    for (let node = 0; node < here.length; node++) {
      if (here[node]! < 0) continue
      counts[ruleOfTuple[tupleCode(parsed[level - 1]!, node * tables.s, tables)]!]!++
      blocks++
    }
    const expected = new Float64Array(probability.length)
    for (let node = 0; node < nodes; node++) {
      for (let rule = 0; rule < expected.length; rule++)
        expected[rule]! +=
          (marginals[level]![node * symbols + Math.floor(rule / tables.m)]! * probability[rule]!) / nodes
    }
    const used = expected.filter((p) => p > 0).length
    const chi = counts.reduce((sum, n, rule) => {
      const mean = blocks * expected[rule]!
      return mean > 0 ? sum + (n - mean) ** 2 / mean : sum
    }, 0)
    return {
      level,
      blocks,
      entropy: entropyOf(Array.from(counts, (n) => n / Math.max(1, blocks))),
      expectedEntropy: entropyOf(expected),
      chiSquare: blocks > 0 && used > 1 ? chi / (used - 1) : null,
    }
  })
}

function entropyOf(shares: Iterable<number>): number {
  let total = 0
  for (const p of shares) if (p > 0) total -= p * Math.log(p)
  return total
}
