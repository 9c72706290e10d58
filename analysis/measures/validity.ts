import { z } from 'zod'
import { clopperPearson, clusteredInterval } from '../../common/intervals.js'
import type { Levels } from '../../corpus/truth.js'
import { intervalSchema } from './measure.js'

export const validitySchema = z.strictObject({
  level: z.int(),
  nodeValidity: z.number().describe('share of level-ℓ blocks whose whole subtree parses bottom-up'),
  nodeInterval: intervalSchema,
  nodeTally: z.array(z.int()).describe('nodeTally[k]: strings of which k of the level-ℓ blocks are valid'),
  stringValidity: z
    .number()
    .describe('share of strings with every level-ℓ block valid: .97 per node is .89 per string at d = 8'),
  stringInterval: intervalSchema,
  conditionalValidity: z
    .number()
    .nullable()
    .describe(
      'C_ℓ: share of blocks that parse among those whose children all parse; null where there are none',
    ),
  conditionalInterval: intervalSchema,
  conditionalTrials: z.int().describe('blocks whose children all parse'),
  chance: z.number().describe('c_ℓ: conditional validity of a sampler that knows exactly the levels below'),
  uniformChance: z.number().describe('node validity of independent uniform tokens'),
})

/** How much of a batch of strings parses at one level, counted from the leaves. */
export type LevelValidity = z.output<typeof validitySchema>

/**
 * Validity at levels 1..L of the strings that `include` keeps (all when absent).
 *
 * @param parsed as `levels.parse` returns it, for strings [B, T]
 */
export function validity(
  levels: Levels,
  parsed: readonly Int32Array[],
  include?: (index: number) => boolean,
): LevelValidity[] {
  const count = parsed[levels.depth]!.length
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => include?.(i) ?? true)
  return Array.from({ length: levels.depth }, (_, index) => {
    const level = index + 1
    const nodes = levels.nodes(level)
    const valid = new Int32Array(kept.length)
    const candidates = new Int32Array(kept.length)
    const trials = new Int32Array(kept.length).fill(nodes)
    const nodeTally = new Array<number>(nodes + 1).fill(0)
    kept.forEach((string, position) => {
      for (let node = 0; node < nodes; node++) {
        if (parsed[level]![string * nodes + node]! >= 0) valid[position]!++
        const first = (string * nodes + node) * levels.branching
        if (childrenParse(parsed[level - 1]!, first, levels.branching)) candidates[position]!++
      }
      nodeTally[valid[position]!]!++
    })
    const whole = nodeTally[nodes]!
    const total = sum(valid)
    const eligible = sum(candidates)
    return {
      level,
      nodeValidity: kept.length === 0 ? 0 : total / (kept.length * nodes),
      nodeInterval: [...clusteredInterval(valid, trials)],
      nodeTally,
      stringValidity: kept.length === 0 ? 0 : whole / kept.length,
      stringInterval: [...clopperPearson(whole, kept.length)],
      conditionalValidity: eligible === 0 ? null : total / eligible,
      conditionalInterval: [...clusteredInterval(valid, candidates)],
      conditionalTrials: eligible,
      chance: levels.conditionalChance[level]!,
      uniformChance: levels.uniformChance[level]!,
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
export function acquisitionInterval(level: LevelValidity): [number, number] | null {
  if (acquisitionScore(level) === null) return null
  const [low, high] = level.conditionalInterval
  return [(low - level.chance) / (1 - level.chance), (high - level.chance) / (1 - level.chance)]
}

function childrenParse(children: Int32Array, offset: number, s: number): boolean {
  for (let i = 0; i < s; i++) if (children[offset + i]! < 0) return false
  return true
}

function sum(values: Int32Array): number {
  return values.reduce((total, value) => total + value, 0)
}
