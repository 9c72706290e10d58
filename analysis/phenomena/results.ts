import type { HalfPoint } from '../stopping/rules.js'
import type { InfillingPoint } from './infilling.js'
import type { Prototype } from './prototypes.js'
import type { SamplerPoint } from './sampler-steps.js'
import type { UTurnPoint } from './u-turn.js'

/**
 * The step of the checkpoint that was measured; null for the exact posterior of the grammar.
 *
 * @inline
 */
type At<Point> = Point & { readonly step: number | null }

/** What experiments beyond a checkpoint's record have found in one run, by name. */
export interface Phenomena {
  readonly 'sampler-steps'?: readonly At<SamplerPoint>[]
  readonly 'u-turn'?: readonly At<UTurnPoint>[]
  readonly infilling?: readonly At<InfillingPoint>[]
  readonly prototypes?: readonly Prototype[]
  readonly 'split-half'?: readonly HalfPoint[]
}

export type PhenomenonName = keyof Phenomena

export const PHENOMENA: readonly PhenomenonName[] = [
  'sampler-steps',
  'u-turn',
  'infilling',
  'prototypes',
  'split-half',
]
