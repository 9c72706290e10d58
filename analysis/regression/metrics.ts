import { z } from 'zod'
import type { Measurements } from '../measures/table.js'
import { columnsOf } from '../record.js'

/**
 * A number with what is needed to tell it from another: a share with its independent trials, or a mean with its standard
 * error.
 */
export const metricSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('share'), value: z.number(), trials: z.number() }),
  z.strictObject({ kind: z.literal('mean'), value: z.number(), standardError: z.number() }),
])

/**
 * A share with its trials, or a mean with its standard error.
 *
 * @useDeclaredType
 */
export type Metric = z.output<typeof metricSchema>

/** Metrics by name: "train NELBO", "test NELBO", "copies", "validity 1" … "validity L". */
export type Metrics = Readonly<Record<string, Metric>>

/** What a baseline records: the columns of all measures that say how far they scatter. */
export function metricsOf(values: Measurements): Metrics {
  return Object.fromEntries(
    columnsOf(values).flatMap(({ name, value, trials, standardError }): [string, Metric][] => {
      if (value === null) return []
      if (trials !== undefined) return [[name, { kind: 'share', value, trials }]]
      return standardError === undefined || Number.isNaN(standardError)
        ? []
        : [[name, { kind: 'mean', value, standardError }]]
    }),
  )
}
