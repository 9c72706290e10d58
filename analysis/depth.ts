import type { LevelMetrics } from './measures/levels.js'
import type { CheckpointRecord } from './record.js'

/** Fewer novel blocks than this say nothing about a level. */
const TELLING_BLOCKS = 50
/** Above this share a perfect generaliser's blocks are nearly all in the training strings too: copying cannot be told. */
const ALL_KNOWN = 0.9

/**
 * How many levels, from the leaves up and without a gap, are acquired and not by copying blocks: q_ℓ ≥ .5 on novel samples, and
 * no more than half of the valid blocks, beyond those of a perfect generaliser, are pieces of training strings. (Below P*_ℓ a
 * network that patches its samples together from memory passes q_ℓ alone.) Undefined where, above some acquired level, too few
 * samples are novel to tell; 0 where that is so from the start.
 */
export function acquiredDepth({ levels }: Pick<CheckpointRecord, 'levels'>): number | undefined {
  let depth = 0
  for (const level of levels ?? []) {
    if (level.acquisitionTrials < TELLING_BLOCKS) return depth > 0 ? undefined : depth
    const copied = copiedBeyondChance(level, ALL_KNOWN) ?? 0
    if ((level.acquisition ?? 0) < 0.5 || copied > 0.5) break
    depth++
  }
  return depth
}

/**
 * Share of a level's valid blocks that are pieces of training strings beyond those of a perfect generaliser, (copied − c0)/(1 − c0).
 * Null where there are none to count, or where c0 is above `known`: then nearly every block is such a piece.
 */
export function copiedBeyondChance(
  { blockCopies, blockCopiesExpected: c0 }: LevelMetrics,
  known: number,
): number | null {
  return blockCopies === null || c0 === null || c0 > known ? null : (blockCopies - c0) / (1 - c0)
}
