import { z } from 'zod'
import { intervalSchema, type Measure, type Subject, shareOf } from './measure.js'

const schema = z.strictObject({
  rate: z.number().describe('share of samples equal to any training string'),
  interval: intervalSchema,
  samples: z.int(),
  expected: z
    .number()
    .optional()
    .describe('c0: the copy rate of a perfect generaliser, Σ p(x) over distinct training strings'),
  memorised: z
    .number()
    .optional()
    .describe('ρ = (copies − c0·valid)/(1 − c0): the share drawn from memory, chance copies taken out'),
  memorisedInterval: intervalSchema
    .optional()
    .describe('the interval of ρ that follows from the interval of the copy rate'),
})

/**
 * Exact copies of training strings among samples, and how many of them chance explains.
 *
 * @useDeclaredType
 */
export type CopyMetrics = z.output<typeof schema>

/** Exact copies of training strings among samples; where probabilities are known, beyond those of chance. */
export const copies: Measure<CopyMetrics> = {
  version: 2,
  needs: ['train'],
  schema,
  prepare(subject) {
    const expected = chanceCopies(subject)
    const { logProbabilities } = subject.source.truth
    return ({ isCopy, parsed, samples }) => {
      const n = isCopy.length
      const count = isCopy.reduce((sum, copy) => sum + copy, 0)
      const counted = { ...shareOf(count, n), samples: n }
      if (expected === undefined) return counted
      const valid = parsed
        ? parsed.at(-1)!.filter((symbol) => symbol >= 0).length
        : logProbabilities!(samples).filter(Number.isFinite).length
      const memorised = (rate: number) =>
        expected < 1 ? (rate - expected * (valid / n)) / (1 - expected) : 1
      return {
        ...counted,
        expected,
        memorised: memorised(counted.rate),
        memorisedInterval: [memorised(counted.interval[0]), memorised(counted.interval[1])],
      }
    }
  },
  columns: ({ rate, samples, expected, memorised }) => [
    { name: 'copies', value: rate, tally: [Math.round((1 - rate) * samples), Math.round(rate * samples)] },
    ...(expected === undefined ? [] : [{ name: 'copies by chance', value: expected }]),
    ...(memorised === undefined ? [] : [{ name: 'memorised', value: memorised }]),
  ],
}

/** Σ p(x) over the distinct training strings; undefined where probabilities are not known. */
function chanceCopies({ source, train, known }: Subject): number | undefined {
  const logs = source.truth.logProbabilities?.(train!)
  return logs?.reduce(
    (sum, log, i) => (known!.find(train!.tokens, i * train!.length) === i ? sum + Math.exp(log) : sum),
    0,
  )
}
