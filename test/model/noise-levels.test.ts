import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { emptyBatch } from '../../model/batch.js'
import { fullLayout } from '../../model/batch-layout.js'
import { absorbing } from '../../model/processes/absorbing/absorbing.js'
import type { AbsorbingConfig } from '../../model/processes/absorbing/config.js'
import { chiSquareScore } from '../reference/chi-square.js'

const V = 5

/** How many tokens of each string of a batch are hidden, and what their losses count for together. */
function masksOf(config: AbsorbingConfig, length: number, batch: number, seed: string) {
  const learned = absorbing(config)
  const out = emptyBatch(learned.parts(length, batch), 1)
  const strings = new Int32Array(length * batch)
  learned.fill({ strings, length, vocabulary: V, chunk: batch }, stream(seed, 'mask'), out)
  const [counts, weights] = [0, 0].map(() => new Array<number>(batch).fill(0)) as [number[], number[]]
  const { column } = fullLayout(length, batch)
  out.tokens!.forEach((token, row) => {
    if (token !== V) return
    const string = column(row % batch)
    counts[string]!++
    weights[string]! += out.weights![out.places?.[row] ?? row]!
  })
  return { counts, weights }
}

const MASK_COUNT = { kind: 'absorbing', loss: 'mask-count' } as const

describe('mask counts', () => {
  test('are spread over a batch: of as many strings as tokens, the first of the pairs have 1..T/2, their mates the rest', () => {
    for (const length of [2, 6, 8, 12])
      for (let step = 0; step < 20; step++) {
        const { counts } = masksOf(MASK_COUNT, length, length, `${step}`)
        const firsts = counts.filter((_, b) => b % 2 === 0).sort((a, b) => a - b)
        expect(firsts).toEqual(Array.from({ length: length / 2 }, (_, i) => i + 1))
        expect(new Set(counts).size).toBe(length)
      }
  })

  test('are spread anew in every batch: of twenty, the first string has each of its counts', () => {
    const firsts = Array.from({ length: 20 }, (_, step) => masksOf(MASK_COUNT, 6, 6, `${step}`).counts[0])
    expect(new Set(firsts)).toEqual(new Set([1, 2, 3]))
  })

  test('come equally often in every place of a batch, be the batch smaller or larger than strings are long', () => {
    for (const [length, batch] of [
      [12, 4],
      [6, 8],
      [4, 6],
    ] as const) {
      const places = Array.from({ length: batch / 2 }, () => new Array<number>(length / 2).fill(0))
      for (let step = 0; step < 2000; step++) {
        const { counts } = masksOf(MASK_COUNT, length, batch, `${step}`)
        // The mate has T + 1 − k: one of a pair is enough.
        for (const [pair, place] of places.entries()) place[counts[2 * pair]! - 1]!++
      }
      // 9 places, 4 standard deviations: a false alarm in 3 of 10,000 seeds.
      for (const counts of places)
        expect(chiSquareScore([{ counts, probabilities: counts.map(() => 2 / length) }])).toBeLessThan(4)
    }
  })
})

describe('times of the losses over time', () => {
  /** The time of each string, from what a hidden token of it counts for: 1/t under the linear schedule. */
  const timesOf = (batch: number, seed: string) => {
    const length = 64
    const { counts, weights } = masksOf(
      { kind: 'absorbing', loss: 'elbo', schedule: { kind: 'linear' } },
      length,
      batch,
      seed,
    )
    return weights.map((weight, b) => counts[b]! / (weight * batch * length))
  }

  test.each([2, 6, 8, 7, 9])(
    'of a batch of %d are one offset apart from each other by 1/B, mates mirrored',
    (B) => {
      const pairs = Math.floor(B / 2)
      for (let step = 0; step < 10; step++) {
        const times = timesOf(B, `${step}`)
        for (let p = 0; p < pairs; p++) expect(times[2 * p]! + times[2 * p + 1]!).toBeCloseTo(1, 5)
        const firsts = times.filter((_, b) => b % 2 === 0 && b < 2 * pairs).sort((a, b) => a - b)
        const offset = firsts[0]! * B
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(offset).toBeLessThan(1)
        firsts.forEach((time, i) => {
          expect(time * B).toBeCloseTo(offset + i, 4)
        })
        // Without a mate the last one is next in turn: within half a step of the middle.
        if (B % 2 === 1) expect(times.at(-1)! * B).toBeCloseTo(offset + pairs, 4)
      }
    },
  )

  test('hide each token with its chance: none, all, or half of them over the mirrored times of many strings', () => {
    const share = (config: Omit<AbsorbingConfig, 'kind'>) => {
      const { counts } = masksOf({ kind: 'absorbing', ...config }, 64, 40, 'shares')
      return counts.reduce((sum, count) => sum + count, 0) / (64 * 40)
    }
    for (const loss of ['elbo', 'unweighted'] as const) {
      // t^w of the power w is the chance to be hidden.
      expect(share({ loss, schedule: { kind: 'polynomial', power: 1e9 } })).toBe(0)
      expect(share({ loss, schedule: { kind: 'polynomial', power: 1e-9 } })).toBe(1)
      // Linear, which is meant where nothing is said; 4 standard deviations.
      expect(Math.abs(share({ loss, schedule: undefined }) - 0.5)).toBeLessThan(
        4 * Math.sqrt(1 / 6 / 64 / 40),
      )
    }
  })

  test('unweighted, all hidden tokens of a batch count the same', () => {
    const { counts, weights } = masksOf({ kind: 'absorbing', loss: 'unweighted' }, 12, 6, 'same')
    const hidden = counts.reduce((sum, count) => sum + count, 0)
    weights.forEach((weight, b) => {
      expect(weight).toBeCloseTo(counts[b]! / hidden, 6)
    })
  })
})

test.each([6, 5, 1])('a batch of %d strings written over another one is as if it were new', (chunk) => {
  for (const loss of ['mask-count', 'elbo', 'unweighted'] as const) {
    const learned = absorbing({ kind: 'absorbing', loss })
    const [T, strings] = [4, Int32Array.from({ length: 4 * 2 * chunk }, (_, at) => at % V)]
    for (let seed = 0; seed < 5; seed++) {
      const [fresh, used] = [0, 7].map((value) => {
        const out = emptyBatch(learned.parts(T, chunk), 2)
        for (const data of Object.values(out)) data.fill(value)
        learned.fill({ strings, length: T, vocabulary: V, chunk }, stream(`${seed}`, 'mask'), out)
        return out
      })
      expect(used).toEqual(fresh)
      // Nothing of it is lost: but for the weights of times, those of a batch add up to 1.
      if (loss !== 'elbo')
        expect(Array.from(used!.weights!).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6)
    }
  }
})

// A loss that depends on k is Σ_k loss(k)·(weight of strings with k masks): equal weights make all such losses equal.
describe('strings with k masks have 1/T of a batch’s weight in expectation, whatever k is', () => {
  test.each([
    ['mask-count', undefined, 1],
    ['elbo', { kind: 'linear' }, 2],
    ['elbo', { kind: 'cosine' }, 2],
    ['elbo', { kind: 'polynomial', power: 2 }, 1],
    // Below the least k weights have infinite variance, and no number of steps settles their mean.
    ['elbo', { kind: 'polynomial', power: 0.5 }, 3],
  ] as const)('%s with schedule %j, from k = %d on', (loss, schedule, least) => {
    const [length, batch, steps] = [4, 6, 8000]
    const sums = Array.from({ length: length + 1 }, () => ({ mean: 0, square: 0 }))
    for (let step = 0; step < steps; step++) {
      const { counts, weights } = masksOf({ kind: 'absorbing', loss, schedule }, length, batch, `${step}`)
      for (const [k, sum] of sums.entries()) {
        const share = weights.reduce((total, weight, b) => total + (counts[b] === k ? weight : 0), 0)
        sum.mean += share / steps
        sum.square += share ** 2 / steps
      }
    }
    for (const { mean, square } of sums.slice(least)) {
      const error = Math.sqrt((square - mean ** 2) / steps)
      // 14 shares, 4 standard errors: a false alarm in 1 of 1,000 seeds.
      expect(Math.abs(mean - 1 / length)).toBeLessThan(4 * error)
      expect(error).toBeLessThan(0.012)
    }
  })
})
