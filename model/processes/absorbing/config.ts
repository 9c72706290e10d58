import { z } from 'zod'

/** Masking (absorbing noise). */
export const absorbingSchema = z
  .strictObject({
    kind: z.literal('absorbing'),
    loss: z
      .enum(['mask-count', 'elbo', 'unweighted'])
      .default('mask-count')
      .describe(
        'what a masked token counts for. mask-count: k uniform in 1..T, a random k-subset, weight T/k, the bound with the least variance. ' +
          'elbo: time uniform, weight −α′/(1−α), heavy-tailed. unweighted: masks as in elbo, all alike',
      ),
    schedule: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('linear') }),
        z.strictObject({ kind: z.literal('cosine') }),
        z.strictObject({ kind: z.literal('polynomial'), power: z.number().positive().default(2) }),
      ])
      .optional()
      .describe('how fast masking proceeds, default linear; the mask-count loss does not depend on it'),
  })
  .refine(({ loss, schedule }) => loss !== 'mask-count' || schedule === undefined, {
    path: ['schedule'],
    message: 'none: the mask-count loss reads no schedule (loss elbo and unweighted do)',
  })
  .describe('tokens turn into MASK and are predicted from the visible ones')

export type AbsorbingConfig = z.output<typeof absorbingSchema>
