import type { AbsorbingConfig } from './config.js'

/**
 * How fast masking proceeds: α(t) is the probability that a token is still visible at time t, from α(0) = 1 to
 * α(1) = 0 (arXiv 2406.04329).
 */
export type Schedule = NonNullable<AbsorbingConfig['schedule']>

/** α(t). */
export function visibleProbability(schedule: Schedule, t: number): number {
  switch (schedule.kind) {
    case 'linear':
      return 1 - t
    case 'cosine':
      return 1 - Math.cos((Math.PI / 2) * (1 - t))
    case 'polynomial':
      return 1 - t ** schedule.power
  }
}

/** −α′(t)/(1 − α(t)): the weight of a masked token in the continuous-time bound, per unit of t. */
export function boundWeight(schedule: Schedule, t: number): number {
  switch (schedule.kind) {
    case 'linear':
      return 1 / t
    case 'cosine':
      return (Math.PI / 2) * Math.tan((Math.PI / 2) * (1 - t))
    case 'polynomial':
      return schedule.power / t
  }
}
