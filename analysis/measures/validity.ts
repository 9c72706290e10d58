import { clusteredRate, clusteredWilson, type Interval, wilson } from '../../common/statistics.js'
import { nodeMarginals } from '../../grammar/rhm/marginals.js'
import { parse } from '../../grammar/rhm/parse.js'
import { nodesAt } from '../../grammar/rhm/rhm.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'

/**
 * How much of a batch of strings parses at one level (counted from the leaves).
 *
 * - node validity: share of level-ℓ blocks whose whole subtree parses bottom-up;
 * - string validity: share of strings with every level-ℓ block valid. .97 per node is .89 per string at d = 8;
 * - conditional validity C_ℓ: share of blocks that parse among those whose children all parse.
 */
export interface LevelValidity {
  readonly level: number
  readonly nodeValidity: number
  readonly nodeInterval: Interval
  /** Independent nodes that would scatter as much as these: those of one string rise and fall together. */
  readonly nodeTrials: number
  readonly stringValidity: number
  readonly stringInterval: Interval
  /** Null where no block has all its children parsed. */
  readonly conditionalValidity: number | null
  readonly conditionalInterval: Interval
  /** Blocks whose children all parse: what the conditional validity was counted over. */
  readonly conditionalTrials: number
  /** Conditional validity of a sampler that knows exactly the levels below: c_ℓ. */
  readonly chance: number
  /** Node validity of independent uniform tokens: Π of the grammatical fractions of levels 1..ℓ. */
  readonly uniformChance: number
}

/**
 * Validity at levels 1..L of the strings that `include` keeps (all when absent).
 *
 * @param parsed levels of {@link parse}, for strings [B, d]
 */
export function validity(
  tables: RhmTables,
  parsed: readonly Int32Array[],
  include?: (index: number) => boolean,
): LevelValidity[] {
  const count = parsed[tables.L]!.length
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => include?.(i) ?? true)
  const chances = conditionalChance(tables)
  const uniform = uniformChance(tables)
  return Array.from({ length: tables.L }, (_, index) => {
    const level = index + 1
    const nodes = nodesAt(tables, level)
    const valid = new Int32Array(kept.length)
    const candidates = new Int32Array(kept.length)
    const trials = new Int32Array(kept.length).fill(nodes)
    let whole = 0
    kept.forEach((string, position) => {
      for (let node = 0; node < nodes; node++) {
        if (parsed[level]![string * nodes + node]! >= 0) valid[position]!++
        if (childrenParse(parsed[level - 1]!, (string * nodes + node) * tables.s, tables.s))
          candidates[position]!++
      }
      if (valid[position] === nodes) whole++
    })
    const total = sum(valid)
    const eligible = sum(candidates)
    return {
      level,
      nodeValidity: kept.length === 0 ? 0 : total / (kept.length * nodes),
      nodeInterval: clusteredWilson(valid, trials),
      nodeTrials: clusteredRate(valid, trials).independent,
      stringValidity: kept.length === 0 ? 0 : whole / kept.length,
      stringInterval: wilson(whole, kept.length),
      conditionalValidity: eligible === 0 ? null : total / eligible,
      conditionalInterval: clusteredWilson(valid, candidates),
      conditionalTrials: eligible,
      chance: chances[level]!,
      uniformChance: uniform[level]!,
    }
  })
}

/**
 * Acquisition score q_ℓ = (C_ℓ − c_ℓ)/(1 − c_ℓ): 0 at chance, 1 when acquired. Null where C_ℓ is, and where every
 * tuple is grammatical, so that there is nothing to acquire.
 */
export function acquisitionScore({ conditionalValidity, chance }: LevelValidity): number | null {
  if (conditionalValidity === null || chance > 1 - 1e-12) return null
  return (conditionalValidity - chance) / (1 - chance)
}

/** The interval of q_ℓ that follows from the interval of C_ℓ. */
export function acquisitionInterval(level: LevelValidity): Interval | null {
  if (acquisitionScore(level) === null) return null
  const [low, high] = level.conditionalInterval
  return [(low - level.chance) / (1 - level.chance), (high - level.chance) / (1 - level.chance)]
}

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

function childrenParse(children: Int32Array, offset: number, s: number): boolean {
  for (let i = 0; i < s; i++) if (children[offset + i]! < 0) return false
  return true
}

function sum(values: Int32Array): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Parse and measure in one step. */
export function validityOf(tables: RhmTables, tokens: Int32Array): LevelValidity[] {
  return validity(tables, parse(tables, tokens))
}
