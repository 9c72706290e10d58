import { type HierarchyShape, type Rhm, rulesAt, stringLength, symbolsAt } from './rhm.js'

/** One level of a grammar as flat arrays, for the inner loops. */
export interface LevelTable {
  readonly level: number
  /** Symbols that this level rewrites. */
  readonly symbols: number
  /** rhs[(symbol·m + rule)·s + position]: a symbol of the level below. */
  readonly rhs: Int32Array
  /** probability[symbol·m + rule]; each symbol's m entries sum to 1. */
  readonly probability: Float64Array
  /** Running sums of `probability` within each symbol. */
  readonly cumulative: Float64Array
  /** ruleOfTuple[code] = symbol·m + rule whose right-hand side has this base-v code, or −1. */
  readonly ruleOfTuple: Int32Array
}

/** A grammar compiled once and shared by derivation, ranking, parsing and inference. */
export interface RhmTables extends HierarchyShape {
  readonly grammar: Rhm
  readonly n: number
  /** Tokens per string. */
  readonly d: number
  /** levels[ℓ] for ℓ = 1..L; levels[0] is absent because tokens have no rules. */
  readonly levels: readonly (LevelTable | undefined)[]
  readonly rootProbability: Float64Array
  readonly rootCumulative: Float64Array
}

/**
 * Flattens a grammar.
 *
 * @example
 * ```ts
 * import { compile, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const { d, levels } = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * d // → 8
 * // Rules 0 and 1 of level 1 rewrite its symbol 0.
 * levels[1]?.rhs.subarray(0, 4) // → [3, 5, 4, 0]
 * ```
 */
export function compile(grammar: Rhm): RhmTables {
  const { v, m, s, L, n } = grammar
  const levels: (LevelTable | undefined)[] = [undefined]
  for (let level = 1; level <= L; level++) {
    const { rules, probabilities } = rulesAt(grammar, level)
    const symbols = symbolsAt(grammar, level)
    const rhs = new Int32Array(symbols * m * s)
    const probability = new Float64Array(symbols * m)
    const ruleOfTuple = new Int32Array(v ** s).fill(-1)
    for (let symbol = 0; symbol < symbols; symbol++) {
      for (let rule = 0; rule < m; rule++) {
        const index = symbol * m + rule
        rhs.set(rules[symbol]![rule]!, index * s)
        ruleOfTuple[tupleCode(rhs, index, s, v)] = index
        probability[index] = probabilities ? probabilities[symbol]![rule]! : 1 / m
      }
    }
    levels.push({ level, symbols, rhs, probability, cumulative: runningSums(probability, m), ruleOfTuple })
  }
  const rootProbability = Float64Array.from({ length: n }, (_, i) => grammar.root?.[i] ?? 1 / n)
  return {
    grammar,
    v,
    m,
    s,
    L,
    n,
    d: stringLength(grammar),
    levels,
    rootProbability,
    rootCumulative: runningSums(rootProbability),
  }
}

/** The rule symbol·m + r of a node of a level, told by the level below; −1 where its children are no right-hand side. */
export function ruleOver(
  { levels, s, v }: RhmTables,
  level: number,
  below: Int32Array,
  node: number,
): number {
  return levels[level]!.ruleOfTuple[tupleCode(below, node, s, v)]!
}

/** Base-v code of the s symbols below a node. */
function tupleCode(below: Int32Array, node: number, s: number, v: number): number {
  let code = 0
  for (let i = node * s; i < (node + 1) * s; i++) code = code * v + below[i]!
  return code
}

/** Running sums within groups of neighbours; all are one group by default. */
export function runningSums(values: ArrayLike<number>, group = values.length): Float64Array {
  const sums = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) sums[i] = values[i]! + (i % group === 0 ? 0 : sums[i - 1]!)
  return sums
}
