import { z } from 'zod'
import type { Measure } from './measure.js'

/** Mean tokens to change before every level-ℓ block of a sample parses, ℓ = 1..L; the last is the distance to the language. */
export const edits: Measure<number[]> = {
  version: 1,
  needs: ['edits'],
  schema: z.array(z.number()),
  prepare:
    ({ source }) =>
    ({ samples }) =>
      source.truth.edits!(samples)
        .slice(1)
        .map((distances) => distances.reduce((sum, n) => sum + n, 0) / samples.count),
  columns: (all) => [{ name: 'edits', value: all.at(-1)! }],
}
