import { describe, expect, test } from 'vitest'
import { tokenMatrix } from '../../common/strings.js'
import type { Denoiser } from '../../model/denoiser.js'
import { autoregressive } from '../../model/processes/autoregressive/autoregressive.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { sample } from '../../model/samplers/sampler.js'

const [T, V] = [3, 4]

/** Token a at place t costs 10t + a nats; remembers what it was shown. */
function pricing(preferredBatch = 1000) {
  const shown: Int32Array[] = []
  const denoiser: Denoiser = {
    length: T,
    vocabulary: V,
    process: autoregressive(),
    preferredBatch,
    logProbabilities: async (rows) => {
      shown.push(rows.slice())
      return Float64Array.from(
        { length: rows.length * V },
        (_, i) => -(10 * (Math.floor(i / V) % T) + (i % V)),
      )
    },
  }
  return { denoiser, shown }
}

const strings = tokenMatrix(
  [
    [0, 1, 2],
    [3, 3, 1],
    [0, 0, 0],
  ],
  T,
)

describe('the bound of left to right', () => {
  test('is −ln p of each token at its place, summed; it has no noise', async () => {
    const { denoiser } = pricing()
    const bound = await autoregressive().bound(denoiser, strings, 'seed')
    expect(bound.perString).toEqual([33, 37, 30])
    expect(bound.mean).toBeCloseTo(100 / 3, 12)
    expect(bound.crossEntropy).toEqual([1, 10 + 4 / 3, 21].map((nats) => expect.closeTo(nats, 12)))
    expect(await autoregressive().bound(denoiser, strings, 'another seed')).toEqual(bound)
  })

  test('asks for as many strings at once as the denoiser likes; that changes nothing', async () => {
    const whole = await autoregressive().bound(pricing().denoiser, strings, 'seed')
    for (const [preferred, calls] of [
      [2, [2, 1]],
      [3, [3]],
    ] as const) {
      const { denoiser, shown } = pricing(preferred)
      expect(await autoregressive().bound(denoiser, strings, 'seed')).toEqual(whole)
      expect(shown.map((rows) => rows.length / T)).toEqual(calls)
      expect(shown.flatMap((rows) => [...rows])).toEqual([...strings.tokens])
    }
  })
})

test('strings grow from the left, one token per call', async () => {
  const { denoiser, shown } = pricing()
  await sample(denoiser, { count: 5, seed: 'left' })
  expect(shown).toHaveLength(T)
  shown.forEach((rows, step) => {
    rows.forEach((token, at) => {
      expect(token === V).toBe(at % T >= step)
    })
  })
})

test('left to right fills no masks, has its bound over positions, and reads nothing of other samplers', () => {
  expect(autoregressive()).toMatchObject({ fillsMasks: false, boundOver: 'positions', lag: 1 })
  const unread = (sampler: object, exact = false) =>
    autoregressive()
      .unread({ sampler: sampler as typeof ONE_BY_ONE, exact })
      ?.slice(0, 2)
  expect(unread(ONE_BY_ONE)).toBeUndefined()
  expect(unread({ ...ONE_BY_ONE, temperature: 0.5 })).toBeUndefined()
  expect(unread(ONE_BY_ONE, true)).toEqual(['exact', true])
  expect(unread({ kind: 'ancestral', steps: 3 })).toEqual(['sampler', 'ancestral'])
})
