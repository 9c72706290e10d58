import { copies } from './copies.js'
import { edits } from './edits.js'
import { levels } from './levels.js'
import { losses } from './losses.js'
import type { Measure } from './measure.js'
import { nearest } from './nearest.js'
import { novelty } from './novelty.js'
import { oracles } from './oracles.js'
import { rules } from './rules.js'
import { samples } from './samples.js'
import { support } from './support.js'

/** Every metric, by the name that it has in records; add one here and a file beside this one. */
export const MEASURES = {
  losses,
  samples,
  copies,
  levels,
  novelty,
  rules,
  edits,
  oracles,
  support,
  nearest,
}

export type MeasureName = keyof typeof MEASURES

/** What a measure measures. */
export type ValueOf<M> = M extends Measure<infer Value> ? Value : never

/** The values of all metrics that could be measured; what was not known is absent. */
export type Measurements = { readonly [Name in MeasureName]?: ValueOf<(typeof MEASURES)[Name]> }

/** The same table as one type of value sees it. */
export const TABLE = MEASURES as unknown as Readonly<Record<MeasureName, Measure<unknown>>>

export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[]
