import type { TokenMatrix } from '../../common/strings.js'
import { nodeMarginals } from './marginals.js'
import { parse, UNPARSED } from './parse.js'
import { nodesAt } from './rhm.js'
import { type RhmTables, ruleOver } from './tables.js'

/**
 * ln of the probability of every level-ℓ block at its position: P(position holds the block), for ℓ = 0..L.
 * logs[ℓ][b·s^(L−ℓ) + node]; −∞ for blocks that do not parse. At ℓ = L this is ln p(string).
 */
export function blockLogProbabilities(tables: RhmTables, strings: TokenMatrix): readonly Float64Array[] {
  const parsed = parse(tables, strings.tokens)
  const marginals = nodeMarginals(tables)
  // inside[ℓ]: ln P(block | its symbol); the symbol's own probability at the position is multiplied in at the end.
  let inside = new Float64Array(parsed[0]!.length)
  const logs: Float64Array[] = []
  for (let level = 0; level <= tables.L; level++) {
    const symbols = level === 0 ? tables.v : tables.levels[level]!.symbols
    if (level > 0) inside = insideOfParents(tables, level, parsed, inside)
    const nodes = nodesAt(tables, level)
    logs.push(
      inside.map((value, i) => {
        const symbol = parsed[level]![i]!
        return symbol === UNPARSED
          ? Number.NEGATIVE_INFINITY
          : value + Math.log(marginals[level]![(i % nodes) * symbols + symbol]!)
      }),
    )
  }
  return logs
}

/**
 * ln p of each string under the grammar, in nats; −∞ where it does not parse.
 *
 * @example
 * ```ts
 * import { compile, logProbabilities, randomRhm, tokenMatrix } from 'pcfg-diffusion/grammar'
 *
 * // 0 → 01 and 1 → 11, either root as likely.
 * const tables = compile(randomRhm({ v: 2, m: 1, s: 2, L: 1, seed: '6' }))
 * logProbabilities(tables, tokenMatrix([[0, 1], [1, 0]], 2)) // → [-0.693, -Infinity]
 * ```
 */
export function logProbabilities(tables: RhmTables, strings: TokenMatrix): Float64Array {
  return blockLogProbabilities(tables, strings)[tables.L]!
}

function insideOfParents(
  tables: RhmTables,
  level: number,
  parsed: readonly Int32Array[],
  below: Float64Array,
) {
  const { probability } = tables.levels[level]!
  return Float64Array.from(parsed[level]!, (symbol, node) => {
    if (symbol === UNPARSED) return Number.NEGATIVE_INFINITY
    let total = Math.log(probability[ruleOver(tables, level, parsed[level - 1]!, node)]!)
    for (let i = 0; i < tables.s; i++) total += below[node * tables.s + i]!
    return total
  })
}
