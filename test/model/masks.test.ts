import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { tokenMatrix } from '../../common/strings.js'
import type { Denoiser } from '../../model/denoiser.js'
import { absorbing, MASKING } from '../../model/processes/absorbing/absorbing.js'
import { infill } from '../../model/processes/absorbing/infill.js'
import {
  estimateNelbo,
  exactBound,
  exactNelbo,
  hiddenLoss,
  maskEveryCount,
} from '../../model/processes/absorbing/nelbo.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { chiSquareScore } from '../reference/chi-square.js'

const [T, V] = [5, 3]
const strings = tokenMatrix(
  [
    [0, 1, 2, 0, 1],
    [2, 2, 1, 0, 0],
    [1, 0, 1, 0, 2],
  ],
  T,
)
const hiddenIn = (row: Int32Array) => row.reduce((sum, token) => sum + (token === V ? 1 : 0), 0)
const rowsOf = (all: Int32Array) =>
  Array.from({ length: all.length / T }, (_, i) => all.subarray(i * T, (i + 1) * T))

/** Says what a row's hidden tokens cost, and remembers how many rows it was asked for at once. */
function charging(cost: (row: Int32Array, truth: Int32Array) => number, preferredBatch = 1000) {
  const asked: number[] = []
  const denoiser: Denoiser = {
    length: T,
    vocabulary: V,
    process: MASKING,
    preferredBatch,
    logProbabilities: async () => {
      throw new Error('not asked')
    },
    hiddenLoss: async (masked, truth) => {
      const [rows, truths] = [rowsOf(masked), rowsOf(truth)]
      asked.push(rows.length)
      return Float64Array.from(rows, (row, i) => cost(row, truths[i]!))
    },
  }
  return { denoiser, asked }
}

describe('a bound of masked strings', () => {
  const byCount = [0, 3, 1, 4, 1, 5]
  const { denoiser } = charging((row) => hiddenIn(row) * byCount[hiddenIn(row)]!)

  test.each([
    ['estimated', () => estimateNelbo(denoiser, strings, 'seed')],
    ['exact', () => exactBound(denoiser, strings)],
  ] as const)('%s is the sum over mask counts of what a hidden token costs then', async (_, bound) => {
    const { mean, standardError, perString, crossEntropy } = await bound()
    expect(mean).toBeCloseTo(14, 9)
    expect(standardError).toBeCloseTo(0, 9)
    expect(perString).toEqual([14, 14, 14])
    crossEntropy.forEach((nats, k) => {
      expect(nats).toBeCloseTo(byCount[k + 1]!, 9)
    })
  })

  test('gives every mask of one count the same weight, and is told the truth of its string', async () => {
    // Position t costs 2^t where its token is 1: Σ_k of its share of masks over k, 1/T each, is 1.
    const weigh = (row: Int32Array, truth: Int32Array) =>
      row.reduce((sum, token, t) => sum + (token === V && truth[t] === 1 ? 2 ** t : 0), 0)
    const costs = await exactNelbo(charging(weigh).denoiser, strings)
    expect([...costs]).toEqual([2 + 16, 4, 1 + 4].map((nats) => expect.closeTo(nats, 9)))
  })

  test('asks for as many rows at once as the denoiser likes, and for whole strings; that changes nothing', async () => {
    const cost = (row: Int32Array, truth: Int32Array) =>
      row.reduce((sum, token, t) => sum + (token === V ? Math.sin(t + 3 * truth[t]!) ** 2 : 0), 0)
    const [whole, small, least] = [1000, 12, 1].map((preferred) => charging(cost, preferred))
    const bounds = []
    for (const { denoiser } of [whole!, small!, least!])
      bounds.push(await estimateNelbo(denoiser, strings, 'seed'))
    expect([whole, small, least].map((one) => one!.asked)).toEqual([[15], [10, 5], [5, 5, 5]])
    expect(bounds[1]).toEqual(bounds[0])
    expect(bounds[2]).toEqual(bounds[0])
    const exact = charging(cost, 12)
    expect(await exactNelbo(exact.denoiser, strings)).toEqual(
      await exactNelbo(charging(cost).denoiser, strings),
    )
    // 31 masks each.
    expect(exact.asked).toEqual([12, 12, 7, 12, 12, 7, 12, 12, 7])
    const fitting = charging(cost, 31)
    await exactNelbo(fitting.denoiser, strings)
    expect(fitting.asked).toEqual([31, 31, 31])
  })

  test('is of visible tokens that are true, and true tokens of the same string', async () => {
    // k hidden tokens cost k times the sum of all five true ones: each of the five counts adds that sum once.
    const { denoiser } = charging((row, truth) => {
      for (const [t, token] of row.entries()) if (token !== V) expect(token).toBe(truth[t])
      return hiddenIn(row) * truth.reduce((sum, token) => sum + token, 0)
    })
    const sums = [4, 5, 4].map((sum) => T * sum)
    expect((await estimateNelbo(denoiser, strings, 'seed')).perString).toEqual(sums)
    expect([...(await exactNelbo(denoiser, strings))]).toEqual(sums.map((sum) => expect.closeTo(sum, 9)))
  })

  test('of masking is estimated, and exact where that is asked for', async () => {
    const { denoiser } = charging((row) => row.reduce((sum, token, t) => sum + (token === V ? t ** 2 : 0), 0))
    const estimate = await estimateNelbo(denoiser, strings, 'seed')
    const masking = absorbing({ kind: 'absorbing', loss: 'mask-count' })
    expect(await masking.bound(denoiser, strings, 'seed')).toEqual(estimate)
    expect(await masking.bound(denoiser, strings, 'seed', true)).toEqual(await exactBound(denoiser, strings))
    expect(estimate).not.toEqual(await exactBound(denoiser, strings))
  })

  test('is exact up to 16 tokens, and of denoisers that fill masks', async () => {
    const long = (length: number) => ({
      ...charging(() => 0).denoiser,
      length,
      hiddenLoss: async (masked: Int32Array) => new Float64Array(masked.length / length),
    })
    const one = (length: number) => tokenMatrix([new Array<number>(length).fill(0)], length)
    expect([...(await exactNelbo(long(16), one(16)))]).toEqual([0])
    await expect(exactNelbo(long(17), one(17))).rejects.toThrow(RangeError)
    const noisy = uniform({ kind: 'uniform', steps: 2, first: 0.1, last: 0.2 })
    await expect(exactNelbo({ ...denoiser, process: noisy }, strings)).rejects.toThrow('denoiser.process')
  })
})

test('masks of every count hide k tokens of their own string, each place as often, whichever string comes first', () => {
  const all = maskEveryCount(strings, V, 'seed', 0, 3)
  rowsOf(all).forEach((row, i) => {
    expect(hiddenIn(row)).toBe((i % T) + 1)
    row.forEach((token, t) => {
      if (token !== V) expect(token).toBe(strings.tokens[Math.floor(i / T) * T + t])
    })
  })
  expect(maskEveryCount(strings, V, 'seed', 1, 2)).toEqual(all.subarray(T * T))
  // The first number of a string's own stream says which token is hidden alone.
  for (let i = 0; i < 3; i++)
    expect(rowsOf(all)[i * T]!.indexOf(V)).toBe(Math.floor(stream('seed', 'nelbo', i)() * T))
  const counts = new Array<number>(T).fill(0)
  for (let seed = 0; seed < 300; seed++)
    for (const row of rowsOf(maskEveryCount(strings, V, `${seed}`, 0, 3)))
      if (hiddenIn(row) === 1) counts[row.indexOf(V)]!++
  // 900 draws, 4 standard deviations: a false alarm in 3 of 100,000 seeds.
  expect(chiSquareScore([{ counts, probabilities: counts.map(() => 1 / T) }])).toBeLessThan(4)
})

test('the loss of hidden tokens is that of their true tokens under the predictions at their places', async () => {
  const denoiser: Denoiser = {
    length: 2,
    vocabulary: V,
    process: MASKING,
    preferredBatch: 10,
    logProbabilities: async (rows) =>
      Float64Array.from({ length: rows.length * V }, (_, i) => -(10 * Math.floor(i / V) + (i % V))),
  }
  // Places 0, 2 and 3 are hidden: 0 + 2, then 20 + 1 and 30 + 0.
  const losses = await hiddenLoss(denoiser, Int32Array.of(V, 1, V, V), Int32Array.of(2, 1, 1, 0))
  expect([...losses]).toEqual([2, 51])
})

describe('infilling', () => {
  /** Knows that the token at t is (t + 1) mod V, and remembers what it was shown. */
  const knowing = (preferredBatch: number) => {
    const shown: Int32Array[] = []
    const denoiser: Denoiser = {
      length: T,
      vocabulary: V,
      process: MASKING,
      preferredBatch,
      logProbabilities: async (rows) => {
        shown.push(rows.slice())
        return Float64Array.from({ length: rows.length * V }, (_, i) =>
          i % V === ((Math.floor(i / V) % T) + 1) % V ? 0 : Number.NEGATIVE_INFINITY,
        )
      },
    }
    return { denoiser, shown }
  }
  const masked = Int32Array.from([
    ...[0, V, 0, V, 0],
    ...[V, V, V, V, V],
    ...[2, 2, 2, 2, 2],
    ...[V, 0, 0, 0, 0],
    ...[0, 0, 0, 0, V],
  ])

  test('reveals one hidden token of each string per call and no visible one', async () => {
    const { denoiser, shown } = knowing(100)
    const filled = await infill(denoiser, masked, 'seed')
    expect([...filled]).toEqual(Array.from(masked, (token, at) => (token === V ? ((at % T) + 1) % V : token)))
    expect(shown).toHaveLength(5)
    for (const [step, rows] of shown.entries())
      expect(rowsOf(rows).map(hiddenIn)).toEqual([2, 5, 0, 1, 1].map((hidden) => Math.max(0, hidden - step)))
  })

  test('takes as many strings at once as the denoiser likes, and string i does not depend on them', async () => {
    const unsure = (preferredBatch: number): Denoiser => ({
      ...knowing(preferredBatch).denoiser,
      logProbabilities: async (rows) => new Float64Array(rows.length * V),
    })
    const whole = await infill(unsure(100), masked, 'seed')
    expect(await infill(unsure(2), masked, 'seed')).toEqual(whole)
    expect(await infill(unsure(100), masked.subarray(0, 2 * T), 'seed')).toEqual(whole.subarray(0, 2 * T))
    const { denoiser, shown } = knowing(2)
    await infill(denoiser, masked, 'seed')
    // Two strings take 5 calls, two 1, the last alone 1.
    expect(shown.map((rows) => rows.length / T)).toEqual([2, 2, 2, 2, 2, 2, 1])
  })

  test('has no favourite order', async () => {
    const counts = [0, 0]
    for (let seed = 0; seed < 400; seed++) {
      const { denoiser, shown } = knowing(1)
      await infill(denoiser, masked.subarray(0, T), `${seed}`)
      counts[shown[1]![1] === V ? 1 : 0]!++
    }
    expect(chiSquareScore([{ counts, probabilities: [0.5, 0.5] }])).toBeLessThan(4)
  })

  test('is refused to a denoiser of another process', async () => {
    const noisy = uniform({ kind: 'uniform', steps: 2, first: 0.1, last: 0.2 })
    await expect(infill({ ...knowing(1).denoiser, process: noisy }, masked, 'seed')).rejects.toThrow(
      'denoiser.process',
    )
  })
})
