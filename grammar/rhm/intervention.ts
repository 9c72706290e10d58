import { drawFromCumulative, type Random, uniformInteger } from '../../common/random.js'
import { type Derivation, tupleCode } from './derivation.js'
import { nodesAt, symbolsAt } from './rhm.js'
import type { RhmTables } from './tables.js'

/** A change to one node of a derivation. Levels above it stay as they are. */
export interface Intervention {
  /** 1..L, leaves first. */
  readonly level: number
  readonly node: number
  /**
   * - rule: another right-hand side of the same symbol, a synonym: the string stays in the language.
   * - symbol: another symbol of the level: what stands above need no longer be a rule.
   */
  readonly change: 'rule' | 'symbol'
  /** Whether the nodes below keep the numbers of their rules, or draw new ones. */
  readonly descendants: 'kept' | 'redrawn'
}

/**
 * Applies an intervention. The new rule or symbol is drawn among the others (a rule by its probability, a symbol uniformly).
 * Throws RangeError where there is no such node, or no other rule or symbol.
 */
export function intervene(
  tables: RhmTables,
  derivation: Derivation,
  intervention: Intervention,
  random: Random,
): Derivation {
  const { level, node, change, descendants } = intervention
  const { m, s } = tables
  if (!(level >= 1 && level <= tables.L && node >= 0 && node < nodesAt(tables, level)))
    throw new RangeError(`intervene: no node ${node} at level ${level}`)
  const levels = derivation.levels.map((symbols) => Int32Array.from(symbols))
  const ruleNumber = (at: number, i: number) => {
    const index = tables.levels[at]!.ruleOfTuple[tupleCode(derivation.levels[at - 1]!, i * s, tables)]!
    return index % m
  }

  // 1. The node itself.
  const old = levels[level]![node]!
  if (change === 'symbol') levels[level]![node] = another(old, symbolsAt(tables.grammar, level), random)

  // 2. Everything below it.
  let [first, count] = [node, 1]
  for (let at = level; at >= 1; at--) {
    const { rhs, probability, cumulative } = tables.levels[at]!
    for (let i = first; i < first + count; i++) {
      const symbol = levels[at]![i]!
      const own = ruleNumber(at, i)
      let rule = own
      if (at === level && change === 'rule') {
        const others = probability.slice(symbol * m, (symbol + 1) * m)
        others[own] = 0
        rule = drawOther(others, random)
      } else if (descendants === 'redrawn') rule = drawFromCumulative(random, cumulative, symbol * m, m)
      for (let j = 0; j < s; j++) levels[at - 1]![i * s + j] = rhs[(symbol * m + rule) * s + j]!
    }
    first *= s
    count *= s
  }
  return { levels }
}

function another(symbol: number, symbols: number, random: Random): number {
  if (symbols < 2) throw new RangeError('intervene: the level has one symbol only')
  const drawn = uniformInteger(random, symbols - 1)
  return drawn < symbol ? drawn : drawn + 1
}

function drawOther(weights: Float64Array, random: Random): number {
  for (let i = 1; i < weights.length; i++) weights[i]! += weights[i - 1]!
  if (weights[weights.length - 1] === 0) throw new RangeError('intervene: the symbol has no other rule')
  return drawFromCumulative(random, weights)
}
