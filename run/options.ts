import { z } from 'zod'
import { PHENOMENON_NAMES } from '../analysis/phenomena/results.js'
import { InputError } from '../common/error.js'

/** How every checkpoint of a run or study is measured. */
export const analysisSchema = z.strictObject({
  samples: z.int().min(1).default(1000).describe('strings sampled per checkpoint'),
  strings: z.int().min(2).default(512).describe('training and held-out strings whose loss is measured'),
  exact: z
    .boolean()
    .default(false)
    .describe('sum the NELBO over all 2^T − 1 masks of up to 16 tokens: no noise, T = 8 costs 30 times more'),
  sampler: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('random-order'), temperature: z.number().min(0).default(1) }),
      z.strictObject({
        kind: z.literal('ancestral'),
        steps: z.int().min(1).default(8),
        grid: z.enum(['uniform', 'cosine']).default('uniform'),
        temperature: z.number().min(0).default(1),
      }),
    ])
    .default({ kind: 'random-order', temperature: 1 }),
  seed: z.string().min(1).default('0').describe('seed of the sampler and of the masks'),
})

/**
 * How every checkpoint of a run or study is measured.
 *
 * @useDeclaredType
 */
export type AnalysisOptions = z.output<typeof analysisSchema>

/** What a field of these options is called in errors. */
export const inAnalysis = (field: string) => `analysis.${field}`

/** Throws InputError where a bound over all masks would take too many of them. */
export function refuseLong(length: number, field: string): void {
  if (length > 16) throw new InputError(field, true, `strings of at most 16 tokens, not ${length}`)
}

/** Experiments beyond a checkpoint's record. */
export const phenomenaSchema = z.strictObject({
  kinds: z.array(z.enum(PHENOMENON_NAMES)).default([]),
  checkpoints: z.int().min(1).default(3).describe('of which the last is one, evenly apart'),
  strings: z.int().min(1).default(200).describe('training and held-out strings that are masked'),
  samples: z.int().min(1).default(1000).describe('strings sampled per checkpoint'),
  seed: z.string().min(1).default('0').describe('seed of masks and samples'),
})

export type PhenomenaOptions = z.output<typeof phenomenaSchema>
