import type { CheckpointRecord } from './checkpoint.js'
import type { LevelMetrics } from './samples.js'

/** Fewer novel blocks than this say nothing about a level. */
const TELLING_BLOCKS = 50
/** Above this share a perfect generaliser's blocks are nearly all in the training strings too: copying cannot be told. */
const ALL_KNOWN = 0.9

/**
 * How many levels, from the leaves up and without a gap, are acquired and not by copying blocks: q_ℓ ≥ .5 on novel samples, and
 * no more than half of the valid blocks, beyond those of a perfect generaliser, are pieces of training strings. (Below P*_ℓ a
 * network that patches its samples together from memory passes q_ℓ alone.) Undefined where too few samples are novel.
 */
export function acquiredDepth({ levels }: Pick<CheckpointRecord, 'levels'>): number | undefined {
  let depth = 0
  for (const level of levels) {
    if (level.acquisitionTrials < TELLING_BLOCKS) return depth > 0 ? undefined : depth
    if (level.acquisition === null || level.acquisition < 0.5 || copiesBlocks(level)) break
    depth++
  }
  return depth
}

function copiesBlocks({ blockCopies, blockCopiesExpected: expected }: LevelMetrics): boolean {
  if (blockCopies === null || expected === null || expected > ALL_KNOWN) return false
  return (blockCopies - expected) / (1 - expected) > 0.5
}
