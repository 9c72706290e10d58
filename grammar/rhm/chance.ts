import { nodeMarginals } from './marginals.js'
import { nodesAt } from './rhm.js'
import type { RhmTables } from './tables.js'

/**
 * c_ℓ for ℓ = 1..L (index 0 unused): the probability that a block parses when its children are valid and drawn
 * independently from their exact marginals, averaged over the level's positions.
 */
export function conditionalChance(tables: RhmTables): number[] {
  const marginals = nodeMarginals(tables)
  const chances = [1]
  for (let level = 1; level <= tables.L; level++) {
    const { rhs } = tables.levels[level]!
    const nodes = nodesAt(tables, level)
    let total = 0
    for (let node = 0; node < nodes; node++) {
      for (let rule = 0; rule < rhs.length / tables.s; rule++) {
        let product = 1
        for (let i = 0; i < tables.s; i++) {
          product *= marginals[level - 1]![(node * tables.s + i) * tables.v + rhs[rule * tables.s + i]!]!
        }
        total += product
      }
    }
    chances.push(total / nodes)
  }
  return chances
}

/** Node validity of independent uniform tokens, for ℓ = 0..L. */
export function uniformChance(tables: RhmTables): number[] {
  // Under uniform children every level-ℓ block is a uniform tuple of the symbols below that are themselves valid,
  // and each symbol of a level has as many rules as any other.
  const chances = [1]
  for (let level = 1; level <= tables.L; level++) {
    const fraction = (tables.levels[level]!.symbols * tables.m) / tables.v ** tables.s
    chances.push(chances[level - 1]! ** tables.s * fraction)
  }
  return chances
}
