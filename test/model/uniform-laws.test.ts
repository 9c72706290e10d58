import { describe, expect, test } from 'vitest'
import { tokenMatrix } from '../../common/strings.js'
import type { Denoiser } from '../../model/denoiser.js'
import { uniformSchedule } from '../../model/processes/uniform/chain.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { sample } from '../../model/samplers/sampler.js'

const [T, V] = [3, 4]
const config = { kind: 'uniform', steps: 4, first: 0.1, last: 0.4 } as const
const noise = uniform(config)
const strings = tokenMatrix(
  [
    [0, 1, 2],
    [3, 3, 1],
    [0, 2, 2],
    [1, 0, 3],
    [2, 2, 2],
  ],
  T,
)

/** Says the same of every place that reads the same token; remembers how many strings it was asked for at once. */
function denoiserOf(probability: (read: number, token: number) => number, preferredBatch = 1000) {
  const asked: number[] = []
  const denoiser: Denoiser = {
    length: T,
    vocabulary: V,
    process: noise,
    preferredBatch,
    logProbabilities: async (rows) => {
      asked.push(rows.length / T)
      return Float64Array.from({ length: rows.length * V }, (_, i) =>
        Math.log(probability(rows[Math.floor(i / V)]!, i % V)),
      )
    },
  }
  return { denoiser, asked }
}
const unsure = (preferred?: number) => denoiserOf((read, token) => (read === token ? 0.7 : 0.1), preferred)

test('a chain of a single step has the last β', () => {
  const { alpha, kept } = uniformSchedule({ kind: 'uniform', steps: 1, first: 0.1, last: 0.4 })
  expect([...alpha]).toEqual([1, 0.6])
  expect([...kept]).toEqual([1, 0.6])
})

describe('the bound of uniform noise', () => {
  test('of one who knows the string is what the end of the chain tells of it', async () => {
    const single = tokenMatrix([new Array<number>(T).fill(2), new Array<number>(T).fill(2)], T)
    const { denoiser } = denoiserOf((_, token) => (token === 2 ? 1 : 0))
    const bound = await noise.bound(denoiser, single, 'seed')
    // ᾱ = .9·.8·.7·.6; Σ q ln(Vq) over the token itself and three others.
    const kept = 0.9 * 0.8 * 0.7 * 0.6
    const q = [kept + (1 - kept) / V, ...new Array<number>(V - 1).fill((1 - kept) / V)]
    const prior = T * q.reduce((sum, p) => sum + p * Math.log(V * p), 0)
    expect(bound.mean).toBeCloseTo(prior, 12)
    expect(bound.standardError).toBeCloseTo(0, 12)
    expect(bound.crossEntropy).toEqual([1, 1, 1].map((share) => expect.closeTo((share * prior) / T, 12)))
  })

  test('asks for T times of every string, as many strings at once as the denoiser likes; that changes nothing', async () => {
    const [whole, two, least] = [unsure(), unsure(7), unsure(1)]
    const bounds = []
    for (const { denoiser } of [whole, two, least]) bounds.push(await noise.bound(denoiser, strings, 'seed'))
    expect([whole, two, least].map(({ asked }) => asked)).toEqual([[15], [6, 6, 3], [3, 3, 3, 3, 3]])
    expect(bounds[1]).toEqual(bounds[0])
    expect(bounds[2]).toEqual(bounds[0])
  })
})

test('string i of the reverse chain does not depend on how many are drawn at once', async () => {
  const whole = await sample(unsure().denoiser, { count: 12, seed: 'chunks' })
  expect(await sample(unsure(5).denoiser, { count: 12, seed: 'chunks' })).toEqual(whole)
  const { denoiser, asked } = unsure()
  await sample(denoiser, { count: 12, seed: 'chunks' })
  // A prediction of all strings per step of the chain.
  expect(asked).toEqual([12, 12, 12, 12])
})

test('uniform noise fills no masks, has its bound over times, and reads nothing of other samplers', () => {
  expect(noise).toMatchObject({ fillsMasks: false, boundOver: 'times', lag: 0 })
  const unread = (sampler: object, exact = false) =>
    noise.unread({ sampler: sampler as typeof ONE_BY_ONE, exact })?.slice(0, 2)
  expect(unread(ONE_BY_ONE)).toBeUndefined()
  expect(unread(ONE_BY_ONE, true)).toEqual(['exact', true])
  expect(unread({ ...ONE_BY_ONE, temperature: 0.5 })).toEqual(['sampler.temperature', 0.5])
  expect(unread({ kind: 'ancestral', steps: 3 })).toEqual(['sampler', 'ancestral'])
})
