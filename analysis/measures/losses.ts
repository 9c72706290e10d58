import { z } from 'zod'
import { firstRows } from '../../common/strings.js'
import type { Measure } from './measure.js'

const nelboSchema = z.strictObject({
  mean: z.number(),
  // JSON has no NaN: the error of a single string is null there.
  standardError: z.union([z.number(), z.null().transform(() => Number.NaN), z.nan()]),
  crossEntropy: z.array(z.number()),
})

const schema = z.strictObject({
  train: nelboSchema.describe('on training strings; below the entropy floor it certifies memorisation'),
  test: nelboSchema,
  over: z.enum(['mask counts', 'positions', 'times']).describe('what the parts `crossEntropy` belong to'),
  floors: z.strictObject({
    entropy: z.number().optional().describe('H: the entropy of a string; no model generalises below it'),
    memoriser: z.number().describe("ln P, P distinct strings: a perfect memoriser's training NELBO"),
  }),
  jensenBound: z
    .number()
    .describe('M = P·exp(−train NELBO): a lower bound on the copy rate of random-order sampling'),
})

/** Bounds on −ln p of training and held-out strings, nats per string, with their floors. */
export const losses: Measure<z.output<typeof schema>> = {
  version: 1,
  needs: ['denoiser', 'train', 'test'],
  schema,
  prepare({ source, train, test, known, config }) {
    const { entropy } = source.truth
    const memoriser = Math.log(known!.size)
    const floors = entropy === undefined ? { memoriser } : { entropy, memoriser }
    return async ({ denoiser }) => {
      const bound = (strings: typeof train) =>
        denoiser!.process.bound(denoiser!, firstRows(strings!, config.strings), config.seed, config.exact)
      const onTrain = await bound(train)
      return {
        train: onTrain,
        test: await bound(test),
        over: denoiser!.process.boundOver,
        floors,
        jensenBound: known!.size * Math.exp(-onTrain.mean),
      } as z.output<typeof schema>
    }
  },
  columns: ({ train, test, jensenBound }) => [
    { name: 'train NELBO', value: train.mean, standardError: train.standardError },
    { name: 'test NELBO', value: test.mean, standardError: test.standardError },
    { name: 'bound', value: jensenBound },
  ],
}
