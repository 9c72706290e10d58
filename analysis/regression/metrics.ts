import { z } from 'zod'
import type { Measurements } from '../measures/table.js'
import { columnsOf } from '../record.js'

/**
 * A number with the strings that it was counted on: strings are independent of each other, what is counted within one is not.
 */
export const metricSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('share'),
    tally: z
      .array(z.int().min(0))
      .min(2)
      .refine((tally) => tally.some((strings) => strings > 0), 'counts of at least one string')
      .readonly()
      .describe('tally[k]: strings of which k parts of n count, k = 0..n'),
  }),
  z.strictObject({
    kind: z.literal('mean'),
    values: z.array(z.number()).min(2).readonly().describe('one per string'),
  }),
])

/**
 * A share of the parts of strings, or a mean over strings.
 *
 * @useDeclaredType
 */
export type Metric = z.output<typeof metricSchema>

/** Metrics by name: "train NELBO", "test NELBO", "copies", "validity 1" … "validity L". */
export type Metrics = Readonly<Record<string, Metric>>

/** What a baseline records: the columns of all measures that say what each string has to do with them. */
export function metricsOf(values: Measurements): Metrics {
  return Object.fromEntries(
    columnsOf(values).flatMap(({ name, tally, perString }): [string, Metric][] => {
      if (tally) return [[name, { kind: 'share', tally }]]
      return perString && perString.length > 1 ? [[name, { kind: 'mean', values: perString }]] : []
    }),
  )
}
