import { z } from 'zod'
import { meanAndError } from '../../common/statistics.js'
import { firstRows, type TokenMatrix } from '../../common/strings.js'
import type { Source } from '../../corpus/source.js'
import type { Process } from '../../model/denoiser.js'
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
        'what a perfect generaliser loses on the measured training strings: their mean −ln p, which is H where strings are equally likely; ' +
          'of a chain of noise its own floor, with the noise of the losses',
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
  version: 3,
  needs: ['denoiser', 'train', 'test'],
  schema,
  async prepare({ source, train, test, known, process, config }) {
    const [measuredTrain, measuredTest] = [train, test].map((strings) => firstRows(strings!, config.strings))
    const floors = defined({
      entropy: source.truth.entropy,
      train: await floorOf(source, process!, measuredTrain!, config.seed),
      test: await floorOf(source, process!, measuredTest!, config.seed),
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

/** What a perfect generaliser loses; undefined where that is not known, or some string is not of the language. */
async function floorOf(
  { truth }: Source,
  process: Process,
  strings: TokenMatrix,
  seed: string,
): Promise<number | undefined> {
  const logs = truth.logProbabilities?.(strings)
  if (!logs?.every(Number.isFinite)) return undefined
  return process.floor ? process.floor(truth, strings, seed) : -meanAndError(logs).mean
}

function defined(numbers: Readonly<Record<string, number | undefined>>): object {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
}
