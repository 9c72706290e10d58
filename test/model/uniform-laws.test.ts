import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { tokenMatrix } from '../../common/strings.js'
import { emptyBatch } from '../../model/batch.js'
import type { Denoiser } from '../../model/denoiser.js'
import { noisyToken, uniformSchedule } from '../../model/processes/uniform/chain.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { sample } from '../../model/samplers/sampler.js'
import { chainOf } from '../reference/uniform-chain.js'

const [T, V] = [3, 4]
const config = { kind: 'uniform', steps: 4, first: 0.1, last: 0.4 } as const
const noiseOf = () => uniform(config)
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
  const shown: { readonly rows: Int32Array; readonly times: Int32Array }[] = []
  const denoiser: Denoiser = {
    length: T,
    vocabulary: V,
    process: noiseOf(),
    preferredBatch,
    logProbabilities: async (rows, times) => {
      asked.push(rows.length / T)
      shown.push({ rows: rows.slice(), times: times!.slice() })
      return Float64Array.from({ length: rows.length * V }, (_, i) =>
        Math.log(probability(rows[Math.floor(i / V)]!, i % V)),
      )
    },
  }
  return { denoiser, asked, shown }
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
    const bound = await noiseOf().bound(denoiser, single, 'seed')
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
    for (const { denoiser } of [whole, two, least])
      bounds.push(await noiseOf().bound(denoiser, strings, 'seed'))
    expect([whole, two, least].map(({ asked }) => asked)).toEqual([[15], [6, 6, 3], [3, 3, 3, 3, 3]])
    expect(bounds[1]).toEqual(bounds[0])
    expect(bounds[2]).toEqual(bounds[0])
  })
})

const guess = (read: number) => Array.from({ length: V }, (_, token) => (read === token ? 0.7 : 0.1))
const chain = chainOf(config, V)

describe('the bound of uniform noise, of each string', () => {
  test('is the divergences at its times, one in each of T stretches, and what the end of the chain is from uniform', async () => {
    // Four times in three stretches: 1 or 2, 2 or 3, 3 or 4.
    const { denoiser, shown } = unsure()
    const bound = await noiseOf().bound(denoiser, strings, 'seed')
    const [{ rows, times }] = shown as [(typeof shown)[number]]
    const parts = Array.from(times, (t, row) => {
      const i = Math.floor(row / T)
      // Where in its stretch it is, a stream of the string's and the stretch's own says.
      const within = stream('seed', 'bound', `${i}/${row % T}`)()
      expect(t).toBe(Math.floor((config.steps * ((row % T) + within)) / T) + 1)
      expect(Math.ceil((config.steps * ((row % T) + 1)) / T)).toBeGreaterThanOrEqual(t)
      expect(Math.floor((config.steps * (row % T)) / T) + 1).toBeLessThanOrEqual(t)
      return [0, 1, 2].reduce((sum, at) => {
        const [token, read] = [strings.tokens[i * T + at]!, rows[row * T + at]!]
        const end = chain.all[config.steps]![token]!
        const prior = chain.sum((a) => end[a]! * Math.log(V * end[a]!))
        return sum + (config.steps / T) * chain.divergence(t, read, token, guess(read)) + prior / T
      }, 0)
    })
    bound.crossEntropy.forEach((share, k) => {
      const own = parts.filter((_, row) => row % T === k)
      expect(share).toBeCloseTo(own.reduce((sum, part) => sum + part, 0) / strings.count, 12)
    })
    bound.perString.forEach((nats, i) => {
      // Rounded to four digits.
      expect(nats).toBeCloseTo(
        parts.slice(i * T, (i + 1) * T).reduce((sum, part) => sum + part, 0),
        3,
      )
    })
    // Every row of a string has noise of its own, and so has every string.
    expect(
      new Set(Array.from(times, (t, row) => `${t} ${rows.subarray(row * T, (row + 1) * T)}`)).size,
    ).toBeGreaterThan(10)
  })

  test('reads the noise of its time: hardly any at the first steps of a chain, nothing else at its end', async () => {
    const slow = uniform({ kind: 'uniform', steps: 9, first: 1e-9, last: 1 - 1e-9 })
    const { denoiser, shown } = unsure()
    const many = tokenMatrix(
      Array.from({ length: 200 }, () => [1, 2, 3]),
      T,
    )
    await slow.bound({ ...denoiser, process: slow }, many, 'noise')
    const [{ rows, times }] = shown as [(typeof shown)[number]]
    const kept = (among: (t: number) => boolean) => {
      const right = Array.from(rows, (token, at) => token === (at % T) + 1)
      const own = right.filter((_, at) => among(times[Math.floor(at / T)]!))
      return own.filter(Boolean).length / own.length
    }
    expect(kept((t) => t === 1)).toBe(1)
    // 200 tokens, 4 standard deviations of a share of one quarter.
    expect(Math.abs(kept((t) => t === 9) - 1 / V)).toBeLessThan(4 * Math.sqrt(3 / 16 / 200))
  })
})

test('a token is kept where a number falls below its chance, and else any of V, itself included', () => {
  const draw = (...numbers: number[]) => noisyToken(3, 0.25, V, () => numbers.shift()!)
  expect([0, 0.2499].map((u) => draw(u, 0))).toEqual([3, 3])
  expect([0, 0.26, 0.5, 0.99].map((v) => draw(0.25, v))).toEqual([0, 1, 2, 3])
})

test('the reverse chain draws from Bayes’ rule on products of transitions, with the numbers of each string’s stream', async () => {
  const { denoiser, shown } = unsure()
  const states: Int32Array[] = []
  const { tokens } = await sample(denoiser, {
    count: 5,
    seed: 'chain',
    onState: (rows) => states.push(rows.slice()),
  })
  expect(states).toEqual(shown.map(({ rows }) => rows))
  expect(shown.map(({ times }) => [...times])).toEqual([4, 3, 2, 1].map((t) => new Array<number>(5).fill(t)))
  for (let i = 0; i < 5; i++) {
    const random = stream('chain', 'sample', i)
    let string = Array.from({ length: T }, () => Math.floor(random() * V))
    for (let t = config.steps; t >= 1; t--) {
      expect([...states[config.steps - t]!.subarray(i * T, (i + 1) * T)]).toEqual(string)
      string = string.map((read) => {
        const [u, p] = [random(), chain.back(t, read, guess(read))]
        return p.findIndex((_, a) => u < p.slice(0, a + 1).reduce((sum, one) => sum + one, 0))
      })
    }
    expect([...tokens.subarray(i * T, (i + 1) * T)]).toEqual(string)
  }
})

describe('a batch of uniform noise', () => {
  const batchOf = (process: ReturnType<typeof noiseOf>, chunk: number, seed: string) => {
    const out = emptyBatch(process.parts(T, chunk), strings.count / chunk)
    process.fill({ strings: strings.tokens, length: T, vocabulary: V, chunk }, stream(seed, 'mask'), out)
    return out
  }
  /** B rows of token t, of chunks one after another. */
  const at = (b: number, t: number, chunk: number) => (Math.floor(b / chunk) * T + t) * chunk + (b % chunk)

  test.each([5, 1])(
    'has every token beside what it was, in chunks of %d, at the level of its time',
    (chunk) => {
      for (let seed = 0; seed < 8; seed++) {
        const { tokens, targets, weights, levels, times } = batchOf(
          uniform({ ...config, time: true }),
          chunk,
          `${seed}`,
        )
        // The same noise, where networks are not told the time.
        const untold = batchOf(noiseOf(), chunk, `${seed}`)
        expect(untold).toEqual({ tokens, targets, weights, levels })
        expect(times).toHaveLength(5)
        for (let b = 0; b < 5; b++) {
          const time = times![b]!
          const keep = 1 - chain.beta(time)
          const before = chain.all[time - 1]![0]![0]! - chain.all[time - 1]![0]![1]!
          for (let t = 0; t < T; t++) {
            const row = at(b, t, chunk)
            expect(targets![row]).toBe(strings.tokens[b * T + t])
            expect(weights![row]).toBeCloseTo(4 / 15, 6)
            expect(levels![2 * row]).toBeCloseTo(keep, 6)
            expect(levels![2 * row + 1]).toBeCloseTo(before, 6)
          }
        }
        // Five strings over four times: each once, and one of them twice.
        expect(new Set(times)).toEqual(new Set([1, 2, 3, 4]))
      }
    },
  )

  test('does not depend on its chunks', () => {
    const [whole, parts] = [5, 1].map((chunk) => batchOf(noiseOf(), chunk, 'chunks').tokens!)
    for (let b = 0; b < 5; b++)
      for (let t = 0; t < T; t++) expect(parts![at(b, t, 1)]).toBe(whole![at(b, t, 5)])
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

test('the batch of uniform noise has a level per token, and a time per string where networks are told', () => {
  const shapes = (time: boolean) =>
    uniform({ ...config, time })
      .parts(6, 4)
      .map(({ name, shape, dataType }) => `${dataType} ${name} ${shape}`)
  const untold = ['int32 tokens 6,4', 'int32 targets 24', 'float32 weights 24', 'float32 levels 24,2']
  expect(shapes(false)).toEqual(untold)
  expect(shapes(true)).toEqual([...untold, 'int32 times 4'])
  expect([noiseOf().times, uniform({ ...config, time: true }).times]).toEqual([undefined, 4])
})

test('uniform noise fills no masks, has its bound over times, and reads nothing of other samplers', () => {
  expect(noiseOf()).toMatchObject({ fillsMasks: false, boundOver: 'times', lag: 0 })
  const unread = (sampler: object, exact = false) =>
    noiseOf()
      .unread({ sampler: sampler as typeof ONE_BY_ONE, exact })
      ?.slice(0, 2)
  expect(unread(ONE_BY_ONE)).toBeUndefined()
  expect(unread(ONE_BY_ONE, true)).toEqual(['exact', true])
  expect(unread({ ...ONE_BY_ONE, temperature: 0.5 })).toEqual(['sampler.temperature', 0.5])
  expect(unread({ kind: 'ancestral', steps: 3 })).toEqual(['sampler', 'ancestral'])
})
