import { z } from 'zod'
import { row, stringSet } from '../../common/strings.js'
import type { Measure } from './measure.js'

const schema = z.strictObject({
  count: z.int(),
  distinct: z.number().describe('distinct strings among them, as a share'),
  examples: z.array(z.array(z.int())).describe('a few, for the eye'),
})

const EXAMPLES = 6

/** What was sampled. */
export const samples: Measure<z.output<typeof schema>> = {
  version: 1,
  needs: [],
  schema,
  prepare:
    () =>
    ({ samples }) => ({
      count: samples.count,
      distinct: stringSet(samples).size / samples.count,
      examples: Array.from({ length: Math.min(EXAMPLES, samples.count) }, (_, i) =>
        Array.from(row(samples, i)),
      ),
    }),
  columns: ({ distinct }) => [{ name: 'distinct share', value: distinct }],
}
