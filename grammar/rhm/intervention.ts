import { drawFromCumulative, type Random, uniformInteger } from '../../common/random.js'
import { proportional } from '../inference/choose.js'
import { type Derivation, expand } from './derivation.js'
import { nodesAt, symbolsAt } from './rhm.js'
import { type RhmTables, ruleOver } from './tables.js'

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

  // 1. The node itself.
  const old = levels[level]![node]!
  if (change === 'symbol') levels[level]![node] = anotherSymbol(old, symbolsAt(tables, level), random)

  // 2. Everything below it.
  let symbols = levels[level]!.subarray(node, node + 1)
  for (let [at, first] = [level, node]; at >= 1; at--) {
    const { probability, cumulative } = tables.levels[at]!
    symbols = expand(tables, at, symbols, (symbol, i) => {
      const own = ruleOver(tables, at, derivation.levels[at - 1]!, first + i) % m
      if (at === level && change === 'rule')
        return anotherRule(own, [...probability.subarray(symbol * m, (symbol + 1) * m)], random)
      return descendants === 'redrawn' ? drawFromCumulative(random, cumulative, symbol * m, m) : own
    })
    first *= s
    levels[at - 1]!.set(symbols, first)
  }
  return { levels }
}

function anotherSymbol(symbol: number, symbols: number, random: Random): number {
  if (symbols < 2) throw new RangeError('intervene: the level has one symbol only')
  const drawn = uniformInteger(random, symbols - 1)
  return drawn < symbol ? drawn : drawn + 1
}

function anotherRule(rule: number, probabilities: readonly number[], random: Random): number {
  const others = probabilities.with(rule, 0)
  if (!others.some((p) => p > 0)) throw new RangeError('intervene: the symbol has no other rule')
  return proportional(random)(others)
}
