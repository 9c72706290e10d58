import { z } from 'zod'
import { meanAndError } from '../../common/statistics.js'
import { firstRows, type TokenMatrix } from '../../common/strings.js'
import type { Source } from '../../corpus/source.js'
import type { Measure } from './measure.js'

const nelboSchema = z.strictObject({
  mean: z.number(),
  // JSON has no NaN: the error of a single string is null there.
  standardError: z.union([z.number(), z.null().transform(() => Number.NaN), z.nan()]),
  perString: z
    .array(z.number())
    .describe('of each string, to 1e-4 nats: the same strings and noise at every checkpoint'),
  crossEntropy: z.array(z.number()),
})

const schema = z.strictObject({
  train: nelboSchema.describe('on training strings; below the entropy floor it certifies memorisation'),
  test: nelboSchema,
  over: z.enum(['mask counts', 'positions', 'times']).describe('what the parts `crossEntropy` belong to'),
  floors: z.strictObject({
    entropy: z.number().optional().describe('H: the entropy of a string; no model generalises below it'),
    train: z
      .number()
      .optional()
      .describe(
        'mean −ln p of the measured training strings: what a perfect generaliser loses on them. H where strings are equally likely',
      ),
    test: z.number().optional().describe('the same of the measured held-out strings'),
    memoriser: z.number().describe("ln P, P distinct strings: a perfect memoriser's training NELBO"),
  }),
  jensenBound: z
    .number()
    .describe('M = P·exp(−train NELBO): a lower bound on the copy rate of random-order sampling'),
})

/** Bounds on −ln p of training and held-out strings, nats per string, with their floors. */
export const losses: Measure<z.output<typeof schema>> = {
  version: 2,
  needs: ['denoiser', 'train', 'test'],
  schema,
  prepare({ source, train, test, known, config }) {
    const [measuredTrain, measuredTest] = [train, test].map((strings) => firstRows(strings!, config.strings))
    const floors = defined({
      entropy: source.truth.entropy,
      train: floorOf(source, measuredTrain!),
      test: floorOf(source, measuredTest!),
      memoriser: Math.log(known!.size),
    })
    return async ({ denoiser }) => {
      const bound = (strings: TokenMatrix) =>
        denoiser!.process.bound(denoiser!, strings, config.seed, config.exact)
      const onTrain = await bound(measuredTrain!)
      return {
        train: onTrain,
        test: await bound(measuredTest!),
        over: denoiser!.process.boundOver,
        floors,
        jensenBound: known!.size * Math.exp(-onTrain.mean),
      } as z.output<typeof schema>
    }
  },
  columns: ({ train, test, jensenBound }) => [
    { name: 'train NELBO', value: train.mean, perString: train.perString },
    { name: 'test NELBO', value: test.mean, perString: test.perString },
    { name: 'bound', value: jensenBound },
  ],
}

/** Mean −ln p; undefined where probabilities are not known, or some string is not of the language. */
function floorOf({ truth }: Source, strings: TokenMatrix): number | undefined {
  const logs = truth.logProbabilities?.(strings)
  return logs?.every(Number.isFinite) ? -meanAndError(logs).mean : undefined
}

function defined(numbers: Readonly<Record<string, number | undefined>>): object {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
}
