import { drawFromCumulative, type Random } from '../../common/random.js'
import { internalNodes, nodesAt } from './rhm.js'
import { type RhmTables, ruleOver } from './tables.js'

/**
 * One derivation as its choices: choices[0] is the root symbol, then one rule number (0..m−1) per internal
 * node, level by level from the root, left to right. These are the digits of its rank.
 */
export type Choices = Int32Array

/** A derivation with every latent level kept: levels[ℓ] holds the s^(L−ℓ) symbols of level ℓ, levels[0] the tokens. */
export interface Derivation {
  readonly levels: readonly Int32Array[]
}

/** Number of choices in a derivation: the root symbol and one rule per internal node. */
export function choiceCount(tables: RhmTables): number {
  return 1 + internalNodes(tables)
}

/** Draws the choices of one derivation from the grammar's distribution. */
export function drawChoices(tables: RhmTables, random: Random, out: Choices): void {
  out[0] = drawFromCumulative(random, tables.rootCumulative)
  let position = 1
  let symbols = Int32Array.of(out[0]!)
  for (let level = tables.L; level >= 1; level--) {
    const { cumulative } = tables.levels[level]!
    symbols = expand(tables, level, symbols, (symbol) => {
      const rule = drawFromCumulative(random, cumulative, symbol * tables.m, tables.m)
      out[position++] = rule
      return rule
    })
  }
}

/** The symbols below some neighbouring nodes of a level, each rewritten by the rule 0..m−1 that `choose` names. */
export function expand(
  { levels, m, s }: RhmTables,
  level: number,
  symbols: Int32Array,
  choose: (symbol: number, node: number) => number,
): Int32Array<ArrayBuffer> {
  const { rhs } = levels[level]!
  const children = new Int32Array(symbols.length * s)
  symbols.forEach((symbol, node) => {
    const from = (symbol * m + choose(symbol, node)) * s
    for (let i = 0; i < s; i++) children[node * s + i] = rhs[from + i]!
  })
  return children
}

/**
 * The whole tree that a list of choices stands for.
 *
 * @example
 * ```ts
 * import { choiceCount, compile, derive, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * // Root symbol 0, and the first rule of every symbol.
 * const { levels } = derive(tables, new Int32Array(choiceCount(tables)))
 * levels[3] // → [0]
 * levels[2] // → [6, 1]
 * levels[0] // → [0, 6, 4, 4, 4, 7, 3, 5]
 * ```
 */
export function derive(tables: RhmTables, choices: Choices): Derivation {
  const levels: Int32Array[] = new Array(tables.L + 1)
  levels[tables.L] = Int32Array.of(choices[0]!)
  let position = 1
  for (let level = tables.L; level >= 1; level--)
    levels[level - 1] = expand(tables, level, levels[level]!, () => choices[position++]!)
  return { levels }
}

/**
 * Only the tokens of a derivation, written to out[offset .. offset+d). Expands in place from the right:
 * each level's symbols sit at the front of the output and never overtake the ones still to be read.
 */
export function deriveTokens(tables: RhmTables, choices: Choices, out: Int32Array, offset: number): void {
  const { s, m, L } = tables
  out[offset] = choices[0]!
  let first = 1
  let width = 1
  for (let level = L; level >= 1; level--) {
    const { rhs } = tables.levels[level]!
    for (let node = width - 1; node >= 0; node--) {
      const from = (out[offset + node]! * m + choices[first + node]!) * s
      const to = offset + node * s
      for (let i = s - 1; i >= 0; i--) out[to + i] = rhs[from + i]!
    }
    first += width
    width *= s
  }
}

/** ln p of a derivation under the grammar, in nats; −∞ where a choice has probability 0. */
export function logProbability(tables: RhmTables, derivation: Derivation): number {
  let total = Math.log(tables.rootProbability[derivation.levels[tables.L]![0]!]!)
  for (let level = tables.L; level >= 1; level--) {
    const { probability } = tables.levels[level]!
    for (let node = 0; node < nodesAt(tables, level); node++)
      total += Math.log(probability[ruleOver(tables, level, derivation.levels[level - 1]!, node)]!)
  }
  return total
}
