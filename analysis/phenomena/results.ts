import { z } from 'zod'
import { type HalfPoint, halfPoint } from '../stopping/split-half.js'
import { type InfillingPoint, infillingPoint } from './infilling.js'
import { type Prototype, prototype } from './prototypes.js'
import { type SamplerPoint, samplerPoint } from './sampler-steps.js'
import { type UTurnPoint, uTurnPoint } from './u-turn.js'

/** The checkpoint that was measured; null for the exact posterior of the grammar. */
const at = { step: z.int().nullable() }

/** What each experiment beyond a checkpoint's record writes, and by which version of it: results of others are measured again. */
export const PHENOMENA = {
  'sampler-steps': { version: 1, rows: z.array(samplerPoint.extend(at)) },
  'u-turn': { version: 1, rows: z.array(uTurnPoint.extend(at)) },
  infilling: { version: 1, rows: z.array(infillingPoint.extend(at)) },
  prototypes: { version: 1, rows: z.array(prototype) },
  'split-half': { version: 2, rows: z.array(halfPoint) },
}

export type PhenomenonName = keyof Phenomena

export const PHENOMENON_NAMES = Object.keys(PHENOMENA) as readonly PhenomenonName[]

/**
 * The checkpoint's step beside what was measured there; null of the exact posterior.
 *
 * @inline
 */
type At<Point> = readonly (Point & { step: number | null })[]

/** What experiments have found in one run, by name. */
export interface Phenomena {
  readonly 'sampler-steps'?: At<SamplerPoint>
  readonly 'u-turn'?: At<UTurnPoint>
  readonly infilling?: At<InfillingPoint>
  readonly prototypes?: readonly Prototype[]
  readonly 'split-half'?: readonly HalfPoint[]
}
