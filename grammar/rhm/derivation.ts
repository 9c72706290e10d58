import { drawFromCumulative, type Random } from '../../common/random.js'
import { internalNodes } from './rhm.js'
import type { RhmTables } from './tables.js'

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
  let position = 0
  const root = drawFromCumulative(random, tables.rootCumulative)
  out[position++] = root
  let parents = Int32Array.of(root)
  for (let level = tables.L; level >= 1; level--) {
    const { rhs, cumulative } = tables.levels[level]!
    const children = new Int32Array(parents.length * tables.s)
    for (let node = 0; node < parents.length; node++) {
      const symbol = parents[node]!
      const rule = drawFromCumulative(random, cumulative, symbol * tables.m, tables.m)
      out[position++] = rule
      const from = (symbol * tables.m + rule) * tables.s
      for (let i = 0; i < tables.s; i++) children[node * tables.s + i] = rhs[from + i]!
    }
    parents = children
  }
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
  for (let level = tables.L; level >= 1; level--) {
    const { rhs } = tables.levels[level]!
    const parents = levels[level]!
    const children = new Int32Array(parents.length * tables.s)
    for (let node = 0; node < parents.length; node++) {
      const from = (parents[node]! * tables.m + choices[position++]!) * tables.s
      for (let i = 0; i < tables.s; i++) children[node * tables.s + i] = rhs[from + i]!
    }
    levels[level - 1] = children
  }
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
    const { ruleOfTuple, probability } = tables.levels[level]!
    const children = derivation.levels[level - 1]!
    for (let node = 0; node < children.length / tables.s; node++) {
      total += Math.log(probability[ruleOfTuple[tupleCode(children, node * tables.s, tables)]!]!)
    }
  }
  return total
}

/** Base-v code of the s symbols that start at `offset`. */
export function tupleCode(
  symbols: ArrayLike<number>,
  offset: number,
  tables: { readonly s: number; readonly v: number },
): number {
  let code = 0
  for (let i = 0; i < tables.s; i++) code = code * tables.v + symbols[offset + i]!
  return code
}
