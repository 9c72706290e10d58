import type { NearestDistances } from '../measures/nearest.js'

/** At most this share of a perfect generaliser's runs is ever accused, however many checkpoints are measured. */
const RATE = 0.05
/** Checkpoints over which half of it is spent: as many as runs usually have. */
const USUAL = 24

/**
 * At most this share of the runs of a perfect generaliser is accused by any of its first so many checkpoints: each has a share
 * of its own, and they add up whatever the checkpoints have in common, such as their held-out strings.
 */
export function falseAlarmRate(checkpoints: number): number {
  return (RATE * checkpoints) / (checkpoints + USUAL)
}

/**
 * ln of the error rate that the checkpoint at `index` may spend over the chance that a perfect generaliser comes this near:
 * not negative where the checkpoint accuses. It needs no later checkpoint, so a run judged as it trains is judged alike.
 *
 * @param c0 the generaliser's share of copies by chance: see {@link excess}
 * @param shift standard errors added to what was measured
 */
export function nearerEvidence(nearest: NearestDistances, c0: number, index: number, shift: number): number {
  return Math.log(falseAlarmRate(index + 1) - falseAlarmRate(index)) - logTail(excess(nearest, c0) + shift)
}

/**
 * Tokens by which samples are nearer than held-out strings, summed over strings, in standard errors. Shuffling equally many of
 * both gives the error without a distribution, and one that is symmetric with shorter tails than the normal one.
 *
 * Held-out strings are never training strings, while a perfect generaliser draws c0 of its samples among them by chance (P/|X|
 * where strings are equally likely; 0 where unknown). Copies are at distance 0: it is that share nearer, and that is no memory.
 */
function excess({ strings: n, sampled, heldOut }: NearestDistances, c0: number): number {
  const mean = (shares: readonly number[]) => shares.reduce((sum, share, h) => sum + share * h, 0)
  const [ours, theirs] = [mean(sampled), mean(heldOut)]
  const squares = sampled.reduce(
    (sum, share, h) => sum + n * (share + heldOut[h]!) * (h - (ours + theirs) / 2) ** 2,
    0,
  )
  const error = Math.sqrt((2 * n * squares) / (2 * n - 1))
  // Shuffled differences are 2 tokens apart: half a step corrects for continuity. Where all strings are equally far it is −∞.
  return (n * (theirs * (1 - c0) - ours) - 1) / error
}

/** ln of the normal upper tail beyond z, too large by less than .1 % from z = 3 on (Sampford 1953); below 0 that at 0. */
function logTail(z: number): number {
  const x = Math.max(0, z)
  return Math.log(4 / (3 * x + Math.sqrt(x * x + 8)) / Math.sqrt(2 * Math.PI)) - (x * x) / 2
}
