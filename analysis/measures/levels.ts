import { z } from 'zod'
import { blockCopies, blockReference } from './block-copies.js'
import { intervalSchema, type Measure } from './measure.js'
import { acquisitionInterval, acquisitionScore, validity, validitySchema } from './validity.js'

const levelSchema = validitySchema.extend({
  acquisition: z
    .number()
    .nullable()
    .describe(
      'q_ℓ, over the samples that are no copies (copies are valid by construction); null where not defined',
    ),
  acquisitionInterval: intervalSchema.nullable(),
  acquisitionTrials: z.int().describe('blocks that the acquisition score was counted over'),
  blockCopies: z
    .number()
    .nullable()
    .describe(
      'share of valid blocks that stand at their position in training; null without training strings or valid blocks',
    ),
  blockCopiesInterval: intervalSchema.nullable(),
  blockCopiesExpected: z.number().nullable().describe('what a perfect generaliser would show'),
})

/**
 * One level of a batch of samples.
 *
 * @useDeclaredType
 */
export type LevelMetrics = z.output<typeof levelSchema>

/** How deep samples parse, how deep beyond copies, and how much of it is put together from pieces of training strings. */
export const levels: Measure<LevelMetrics[]> = {
  version: 2,
  needs: ['levels'],
  schema: z.array(levelSchema),
  prepare({ source, train }) {
    const { levels, blocks } = source.truth
    const reference = train && blocks ? blockReference(levels!, blocks, train) : undefined
    return ({ samples, parsed, isCopy }) => {
      const novel = validity(levels!, parsed!, (i) => !isCopy[i])
      return validity(levels!, parsed!).map((level, i) => {
        const pieces = reference ? blockCopies(reference, level.level, samples, parsed!) : null
        return {
          ...level,
          acquisition: acquisitionScore(novel[i]!),
          acquisitionInterval: acquisitionInterval(novel[i]!),
          acquisitionTrials: novel[i]!.conditionalTrials,
          blockCopies: pieces?.rate ?? null,
          blockCopiesInterval: pieces?.interval ?? null,
          blockCopiesExpected: reference?.expected[level.level] ?? null,
        }
      })
    }
  },
  columns: (all) =>
    all.map(({ level, nodeValidity, nodeTally }) => ({
      name: `validity ${level}`,
      value: nodeValidity,
      tally: nodeTally,
    })),
}
