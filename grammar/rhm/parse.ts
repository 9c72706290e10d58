import type { RhmTables } from './tables.js'

/** Marks a node whose subtree does not parse. */
export const UNPARSED = -1

/**
 * Bottom-up parse of a batch of strings, with every level kept: levels[ℓ][b·s^(L−ℓ) + node] is the level-ℓ
 * symbol whose whole subtree parses, or UNPARSED. Right-hand sides are distinct, so a parse is unique where
 * it exists. The tuples of a batch are contiguous, so the whole batch is one sweep per level.
 *
 * @param tokens [B, d] row-major; tokens outside 0..v−1 (MASK, for one) do not parse
 *
 * @example
 * ```ts
 * import { compile, parse, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * parse(tables, [0, 6, 4, 4, 4, 7, 3, 5])[3] // → [0]
 * // 33 is a block of symbol 2, but no rule of level 2 has 6 and 2 below it.
 * const [, first, second] = parse(tables, [0, 6, 4, 4, 4, 7, 3, 3])
 * first // → [5, 3, 6, 2]
 * second // → [6, -1]
 * ```
 */
export function parse(tables: RhmTables, tokens: ArrayLike<number>): readonly Int32Array[] {
  const leaves = new Int32Array(tokens.length)
  for (let i = 0; i < leaves.length; i++) {
    const token = tokens[i]!
    leaves[i] = token >= 0 && token < tables.v ? token : UNPARSED
  }
  const levels: Int32Array[] = [leaves]
  for (let level = 1; level <= tables.L; level++) levels.push(parseLevel(tables, level, levels[level - 1]!))
  return levels
}

/** Parents of consecutive s-tuples: UNPARSED where a child is UNPARSED or no rule fits. */
function parseLevel(tables: RhmTables, level: number, children: Int32Array): Int32Array {
  const { s, v, m } = tables
  const { ruleOfTuple } = tables.levels[level]!
  const parents = new Int32Array(children.length / s)
  for (let node = 0; node < parents.length; node++) {
    let code = 0
    let sign = 0
    for (let i = 0; i < s; i++) {
      const child = children[node * s + i]!
      sign |= child
      code = code * v + child
    }
    const rule = sign < 0 ? -1 : ruleOfTuple[code]!
    parents[node] = rule < 0 ? UNPARSED : (rule / m) | 0
  }
  return parents
}
