import { describe, expect, test } from 'vitest'
import { tokenMatrix } from '../../common/strings.js'
import { noisyStrings } from '../../grammar/inference/noisy.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { uniformSchedule } from '../../model/processes/uniform/chain.js'
import { bestAtAnyTime, bestInTime } from '../../model/processes/uniform/optimum.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { enumerate } from '../reference/enumeration.js'
import { noisyLanguage } from '../reference/noisy-language.js'
import { chainOf } from '../reference/uniform-chain.js'

const CASES = [
  { v: 3, m: 2, s: 2, L: 2, seed: '1', weights: { kind: 'uniform' } },
  { v: 3, m: 2, s: 2, L: 2, seed: '4', weights: { kind: 'zipf', exponent: 1.5 } },
  { v: 3, m: 1, s: 2, L: 1, seed: '2', weights: { kind: 'uniform' } },
  { v: 3, m: 2, s: 2, L: 1, n: 2, seed: '3', weights: { kind: 'zipf', exponent: 1.5 } },
] as const
const CHAINS = [
  { kind: 'uniform', steps: 4, first: 0.1, last: 0.6 },
  { kind: 'uniform', steps: 8, first: 0.01, last: 0.7 },
] as const

describe.each(CASES.flatMap((grammar) => CHAINS.map((config) => ({ grammar, config }))))(
  'noisy strings of $grammar.v, $grammar.m, $grammar.s, $grammar.L over $config.steps steps',
  ({ grammar, config }) => {
    const tables = compile(randomRhm(grammar))
    const { d: T, v: V } = tables
    const language = enumerate(tables)
    const entropy = -language.probabilities.reduce((sum, p) => sum + p * Math.log(p), 0)
    const chain = chainOf(config, V)
    const known = noisyLanguage(language, chain, T)
    const noisy = noisyStrings(tables)
    const schedule = uniformSchedule(config)
    const inTime = (t: number) =>
      bestInTime(schedule, noisy)(known.strings, new Int32Array(known.count).fill(t))
    const anyTime = () => bestAtAnyTime(schedule, noisy, T)(known.strings)

    test('have the evidence and contexts of Bayes’ rule over the listed language', () => {
      for (const t of known.times) {
        const kept = new Float64Array(known.count).fill(schedule.kept[t]!)
        const logEvidence = new Float64Array(known.count)
        const contexts = noisy.contexts(known.strings, kept, logEvidence)
        const exact = known.context(t)
        expect(Math.max(...contexts.map((p, k) => Math.abs(p - exact[k]!)))).toBeLessThan(1e-12)
        const evidence = known.evidence(t)
        expect(
          Math.max(...logEvidence.map((ln, y) => Math.abs(Math.exp(ln) / evidence[y]! - 1))),
        ).toBeLessThan(1e-12)
      }
    })

    test('are undone best by what the other tokens say, where the time is told: every step is then p(x_{t−1} | x_t)', () => {
      for (const t of known.times) {
        const start = inTime(t)
        const before = known.before[t - 1]!
        for (let place = 0; place < known.count * T; place++) {
          const own = Array.from(start.subarray(place * V, (place + 1) * V))
          const step = chain.back(t, known.strings[place]!, own)
          const evidence = known.evidence(t)[Math.floor(place / T)]!
          for (let b = 0; b < V; b++) expect(step[b]).toBeCloseTo(before[place * V + b]! / evidence, 10)
        }
      }
      const floor = known.bound(inTime)
      expect(floor).toBeGreaterThan(entropy - 1e-12)
      // The posterior counts the token itself twice.
      expect(known.bound(known.posterior)).toBeGreaterThan(floor)
    })

    test('are undone best, where it is not told, by predictions that no others on a grid are better than', () => {
      const GRID = 24
      const found = anyTime()
      for (let place = 0; place < known.count * T; place++) {
        const own = Array.from(found.subarray(place * V, (place + 1) * V))
        expect(own.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
        const best = known.surprise(place, () => own)
        for (let a = 0; a <= GRID; a++)
          for (let b = 0; a + b <= GRID; b++) {
            const other = [a, b, GRID - a - b].map((k) => (k + 0.01) / (GRID + 0.03))
            if (!(known.surprise(place, () => other) > best - 1e-10))
              throw new Error(`${own} is worse than ${other}`)
          }
      }
    })

    test('cost least in that order: entropy, told, not told, and means over time of contexts and of posteriors', () => {
      const found = anyTime()
      const [told, untold] = [known.bound(inTime), known.bound(() => found)]
      const [contexts, posteriors] = [known.mean(known.context), known.mean(known.posterior)]
      const costs = [entropy, told, untold, known.bound(() => contexts), known.bound(() => posteriors)]
      costs.slice(1).forEach((cost, i) => {
        expect(cost).toBeGreaterThan(costs[i]! - 1e-9)
      })
      expect(costs[3]! - untold).toBeGreaterThan(1e-3)
    })

    test('have floors that are the mean bounds of those denoisers, with the same noise', async () => {
      const process = uniform(config)
      const strings = tokenMatrix(language.strings.slice(0, 40), T)
      const denoiser: Denoiser = {
        length: T,
        vocabulary: V,
        process,
        preferredBatch: 7,
        logProbabilities: async (noised) => bestAtAnyTime(schedule, noisy, T)(noised).map(Math.log),
      }
      const { mean } = await process.bound(denoiser, strings, 'floor')
      expect(await process.floor!({ noisy: () => noisy }, strings, 'floor')).toBeCloseTo(mean, 3)
      expect(await process.floor!({}, strings, 'floor')).toBeUndefined()
      // Where networks are told the time, so is the best of them.
      const telling = uniform({ ...config, time: true })
      const told: Denoiser = {
        ...denoiser,
        process: telling,
        logProbabilities: async (noised, times) => bestInTime(schedule, noisy)(noised, times!).map(Math.log),
      }
      const best = await telling.bound(told, strings, 'floor')
      expect(await telling.floor!({ noisy: () => noisy }, strings, 'floor')).toBeCloseTo(best.mean, 12)
      // On average it is the lower of the two; of these strings it is another one.
      expect(Math.abs(best.mean - mean)).toBeGreaterThan(1e-3)
    })
  },
)

test('strings that are very unlikely, and far more so at some levels of noise, are undone as well as others', () => {
  const schedule = uniformSchedule(CHAINS[0])
  // By hand: whatever the noise, a place is 0 with probability .7; ln p(y) falls from −2,000 far beyond what numbers hold.
  const predict = bestAtAnyTime(
    schedule,
    {
      vocabulary: 2,
      contexts: (strings, kept, logEvidence) => {
        logEvidence!.forEach((_, n) => {
          logEvidence![n] = -2000 - 1000 * kept[n]!
        })
        return Float64Array.from({ length: 2 * strings.length }, (_, i) => (i % 2 === 0 ? 0.7 : 0.3))
      },
    },
    3,
  )
  expect([...predict(Int32Array.of(0, 1, 1))]).toEqual(
    [0.7, 0.3, 0.7, 0.3, 0.7, 0.3].map((p) => expect.closeTo(p, 8)),
  )
})

test('the floor of many strings is the exact expectation', async () => {
  const tables = compile(randomRhm(CASES[0]))
  const config = CHAINS[1]
  const language = enumerate(tables)
  const strings = tokenMatrix(Array.from({ length: 100 }, () => language.strings).flat(), tables.d)
  const noisy = noisyStrings(tables)
  const known = noisyLanguage(language, chainOf(config, tables.v), tables.d)
  const predict = bestInTime(uniformSchedule(config), noisy)
  const process = uniform(config)
  const told: Denoiser = {
    length: tables.d,
    vocabulary: tables.v,
    process,
    preferredBatch: 1000,
    logProbabilities: async (noised, times) => predict(noised, times!).map(Math.log),
  }
  const { mean, standardError } = await process.bound(told, strings, 'many')
  const exact = known.bound((t) => predict(known.strings, new Int32Array(known.count).fill(t)))
  // Beyond 4 standard errors in 6 of 100,000 seeds.
  expect(Math.abs(mean - exact)).toBeLessThan(4 * standardError)
  expect(standardError).toBeLessThan(0.1)
})
