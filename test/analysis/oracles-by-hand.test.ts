import { describe, expect, test } from 'vitest'
import { nearestDistances } from '../../analysis/measures/nearest.js'
import { type OracleProbe, oracleDistances, oracleProbe } from '../../analysis/measures/oracles.js'
import { support, supportRates } from '../../analysis/measures/support.js'
import { MEASURES } from '../../analysis/measures/table.js'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { consistencyIndex } from '../../analysis/oracles/consistency.js'
import { memoriser, type Smoothing } from '../../analysis/oracles/memoriser.js'
import { columnsOf, measureDenoiser } from '../../analysis/record.js'
import { stream, uniformInteger } from '../../common/random.js'
import { tokenMatrix } from '../../common/strings.js'
import type { Source } from '../../corpus/source.js'
import type { Denoiser } from '../../model/denoiser.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { twoStrings as source, strings, sureOf } from '../reference/by-hand.js'

/** Rows of digits, _ where hidden. */
const masked = (v: number, ...rows: string[]) =>
  Int32Array.from(rows.flatMap((row) => Array.from(row, (c) => (c === '_' ? v : Number(c)))))
const probabilities = async (denoiser: Denoiser, ...rows: string[]) =>
  Array.from(await denoiser.logProbabilities(masked(denoiser.vocabulary, ...rows)), Math.exp)
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12))

describe('the exact posterior', () => {
  test('of the whole hierarchy by default, of none of it where nothing is known of levels', async () => {
    // 0001 or 0100: the second token tells the last.
    expect(await probabilities(bayesDenoiser(source), '_1__')).toEqual(close([1, 0, 0, 1, 1, 0, 1, 0]))
    expect(await probabilities(bayesDenoiser(source, 0), '_1__')).toEqual(
      close([1, 0, 0, 1, 1, 0, 1 / 2, 1 / 2]),
    )
    const { levels, ...truth } = source.truth
    const flat: Source = { ...source, truth }
    expect(await probabilities(bayesDenoiser(flat), '_1__')).toEqual(
      await probabilities(bayesDenoiser(source, 0), '_1__'),
    )
  })

  test('is unknown where the source does not say it', () => {
    expect(() => bayesDenoiser({ ...source, truth: {} })).toThrow(RangeError)
  })
})

describe('which training strings agree with what is visible', () => {
  test.each([1, 31, 32, 33, 64, 70])('is what looking at each of %i tells', (count) => {
    const random = stream('consistent', 'tokens', count)
    const [length, v] = [4, 3]
    const train = tokenMatrix(
      Array.from({ length: count }, () => Array.from({ length }, () => uniformInteger(random, v))),
      length,
    )
    const index = consistencyIndex(train, v)
    // Some rows come after others in one array; some hide all.
    const rows = Int32Array.from({ length: 40 * length }, (_, at) =>
      at < length ? v : uniformInteger(random, v + 1),
    )
    for (let row = 0; row < rows.length; row += length) {
      const agree = Array.from({ length: count }, (_, n) => n).filter((n) =>
        Array.from({ length }, (_, t) => t).every(
          (t) => rows[row + t] === v || rows[row + t] === train.tokens[n * length + t],
        ),
      )
      expect(Array.from(index.consistent(rows, row)).sort((a, b) => a - b)).toEqual(agree)
      expect(index.count(rows, row)).toBe(agree.length)
    }
  })
})

describe('a memoriser of 000, 001, 011 and 011', () => {
  const train = strings('000', '001', '011', '011')
  const of = (smoothing?: Smoothing, prior?: Denoiser) => memoriser(train, 2, smoothing, prior)

  test('predicts what the strings that agree hold, row by row', async () => {
    // 0_1: one of three is 001. 1__: none begins so.
    expect(await probabilities(of(), '0_1', '1__', '__0')).toEqual(
      close([...[1, 0, 1 / 3, 2 / 3, 0, 1], ...[0, 0, 0, 0, 0, 0], ...[1, 0, 1, 0, 1, 0]]),
    )
  })

  test('has so many strings of the prior beside them, or as many as are missing', async () => {
    // Position by position the training set holds 0 with probability 1, 1/2 and 1/4.
    const unigram = [1, 0, 1 / 2, 1 / 2, 1 / 4, 3 / 4]
    const mixed = (counts: readonly number[], q: readonly number[], weight: number, total: number) =>
      close(counts.map((n, i) => (n + weight * q[i]!) / total))
    const counts = [3, 0, 1, 2, 0, 3]
    expect(await probabilities(of({ kind: 'additive', c: 2 }), '0_1')).toEqual(mixed(counts, unigram, 2, 5))
    expect(await probabilities(of({ kind: 'threshold', tau: 5 }), '0_1')).toEqual(
      mixed(counts, unigram, 2, 5),
    )
    expect(await probabilities(of({ kind: 'threshold', tau: 2 }), '0_1')).toEqual(
      mixed(counts, unigram, 0, 3),
    )
    // Another prior, asked about the same rows: sure of the token that it was shown first.
    const first: Denoiser = {
      ...sureOf('000'),
      logProbabilities: async (rows) =>
        Float64Array.from({ length: 2 * rows.length }, (_, at) =>
          Math.log(at % 2 === rows[Math.floor(at / 6) * 3] ? 1 : 0),
        ),
    }
    expect(await probabilities(of({ kind: 'additive', c: 2 }, first), '0_1', '1_1')).toEqual([
      ...mixed(counts, [1, 0, 1, 0, 1, 0], 2, 5),
      ...close([0, 1, 0, 1, 0, 1]),
    ])
    expect(await probabilities(of({ kind: 'threshold', tau: 5 }, first), '0_1')).toEqual(
      mixed(counts, [1, 0, 1, 0, 1, 0], 2, 5),
    )
    expect(await probabilities(of({ kind: 'none' }, first), '0_1')).toEqual(mixed(counts, unigram, 0, 3))
  })

  test('weighs strings by how much they differ, however unlikely that is', async () => {
    // 1_1 differs from 001 and 011 in one token, from 000 in two; 1/9 is the price of one.
    const [total, zero] = [1 / 9 + 3, 1 / 9 + 1]
    const seen = (weight: number) => (0.9 * weight + 0.1 * (total - weight)) / total
    const predicted = await probabilities(of({ kind: 'substitution', rate: 0.1 }), '1_1')
    expect(predicted.slice(2, 4)).toEqual(close([seen(zero), seen(total - zero)]))
    // Forty differing tokens at 10⁻⁹ each are less than any number is.
    const long = strings('0'.repeat(41), `${'0'.repeat(40)}1`, '0'.repeat(41))
    const far = memoriser(long, 2, { kind: 'substitution', rate: 1e-9 })
    expect((await probabilities(far, `${'1'.repeat(40)}_`)).slice(80)).toEqual([
      expect.closeTo(2 / 3, 8),
      expect.closeTo(1 / 3, 8),
    ])
    // As far as 1/10⁻⁹ to the fortieth is more than any.
    expect((await probabilities(far, `${'0'.repeat(40)}_`)).slice(80)).toEqual([
      expect.closeTo(2 / 3, 8),
      expect.closeTo(1 / 3, 8),
    ])
    // Of three tokens each of the two others has half the rate: 0 is worth 1/16 of what 1 is, once for what is seen.
    const three = memoriser(strings('00', '11'), 3, { kind: 'substitution', rate: 1 / 9 })
    const mix = (p: number, q: number) => (p * (8 / 9) + q / 18) / (1 + 1 / 16)
    expect((await probabilities(three, '1_')).slice(3)).toEqual(
      close([mix(1 / 16, 1), mix(1, 1 / 16), mix(0, 1 + 1 / 16)]),
    )
  })
})

describe('distances from oracles', () => {
  const train = strings('0001')
  const heldOut = strings('0100', '0100', '0001')
  const probe = (count: number) => oracleProbe(source, train, heldOut, { strings: count, seed: '0' })

  test('are asked about the first held-out strings', async () => {
    const { masked: rows, memoriser: remembered, bayes } = await probe(2)
    expect(rows).toHaveLength(2 * 4 * 4)
    expect(remembered).toHaveLength(2 * 4 * 4 * 2)
    expect(bayes).toHaveLength(3)
    for (const [at, token] of rows.entries()) if (token !== 2) expect(token).toBe([0, 1, 0, 0][at % 4])
    expect((await probe(10)).masked).toHaveLength(3 * 4 * 4)
  })

  test('come with what the exact posterior loses on the same masks', async () => {
    const asked = await probe(3)
    // The second and last token tell each other: where both are hidden each costs ln 2, and nothing else costs anything.
    const costs = [1, 2, 3, 4].map((k) => {
      const rows = [0, 1, 2].map((i) => asked.masked.subarray((i * 4 + k - 1) * 4, (i * 4 + k) * 4))
      return (rows.filter((row) => row[1] === 2 && row[3] === 2).length * 2 * Math.LN2) / k / 3
    })
    expect(costs[3]).toBeGreaterThan(0)
    expect(asked.crossEntropy).toEqual(close(costs))
    expect((await oracleDistances(bayesDenoiser(source), asked)).crossEntropy).toEqual(close(costs))
  })

  test('are averaged over the mask counts for which the memoriser has an answer', async () => {
    // With one or two tokens hidden no training string agrees with 1111; with all hidden it does, and is ln 2 a token from a guess.
    const asked = await oracleProbe(source, train, strings('1111'), { strings: 1, seed: '0' })
    const guess = {
      ...sureOf('0001'),
      logProbabilities: async (rows: Int32Array) => new Float64Array(2 * rows.length).fill(-Math.LN2),
    }
    const distances = await oracleDistances(guess, asked)
    expect(distances.memoriser).toBeCloseTo(Math.LN2, 12)
    expect(distances.memoriserDefined).toBeLessThanOrEqual(1 / 2)
  })

  test('know an answer by what is hidden, whatever an oracle says of what is visible', async () => {
    // Two strings with one and two tokens hidden; impossible throughout where visible.
    const rows = masked(2, '0_', '__', '0_', '__')
    const answers = Float64Array.from({ length: 2 * rows.length }, (_, at) =>
      rows[Math.floor(at / 2)] === 2 ? -Math.LN2 : Number.NEGATIVE_INFINITY,
    )
    const guess = { ...sureOf('00'), logProbabilities: async () => answers }
    const asked: OracleProbe = { masked: rows, bayes: [answers], memoriser: answers, crossEntropy: [0, 0] }
    expect(await oracleDistances(guess, asked)).toMatchObject({ memoriser: 0, memoriserDefined: 1 })
  })

  test('name the nearest depth, the first of equals', async () => {
    const acquired = async (...values: number[]) => {
      const row = (p: number) => Float64Array.of(Math.log(p), Math.log(1 - p))
      const one: OracleProbe = {
        masked: Int32Array.of(2),
        bayes: values.map(row),
        memoriser: row(0.5),
        crossEntropy: [1],
      }
      const half: Denoiser = { ...sureOf('0'), logProbabilities: async () => row(0.5) }
      return (await oracleDistances(half, one)).acquired
    }
    expect(await acquired(0.9, 0.6, 0.8)).toBe(1)
    expect(await acquired(0.9, 0.6, 0.6)).toBe(1)
    expect(await acquired(0.5, 0.6)).toBe(0)
    expect(await acquired(0.9, 0.8, 0.7)).toBe(2)
  })

  test('are none from a memoriser that has nothing to say', async () => {
    const { masked: rows, memoriser: remembered, ...rest } = await probe(2)
    const silent = { ...rest, masked: rows, memoriser: remembered.map(() => Number.NEGATIVE_INFINITY) }
    const distances = await oracleDistances(bayesDenoiser(source), silent)
    expect(distances).toMatchObject({ memoriser: null, bayesThere: null, memoriserDefined: 0, acquired: 2 })
    expect(columnsOf({ oracles: distances })).toEqual([
      { name: 'nearest depth', value: 2 },
      { name: 'KL to memoriser', value: null },
    ])
  })

  test('stand in what a denoiser is measured by', async () => {
    const measured = await measureDenoiser(source, bayesDenoiser(source), {
      train,
      test: heldOut,
      samples: 2,
      strings: 2,
      seed: 'own',
    })
    const own = await oracleProbe(source, train, heldOut, { strings: 2, seed: 'own' })
    expect(measured.oracles).toEqual(await oracleDistances(bayesDenoiser(source), own))
  })
})

describe('the nearest training string', () => {
  test('of 0000 and 1110 is as many tokens away as counting tells', () => {
    const train = strings('1110', '0000')
    const samples = strings('0000', '0011', '1110')
    const heldOut = strings('1111', '0101', '0110', '0000')
    // 0, 2 and 0; of the first three others 1, 2 and 1.
    const { strings: count, sampled, heldOut: held, divergence } = nearestDistances(train, samples, heldOut)
    expect([count, sampled, held]).toEqual([3, [2 / 3, 0, 1 / 3, 0, 0], [0, 2 / 3, 1 / 3, 0, 0]])
    // Half a string more in each of five bins: 2.5, .5, 1.5, .5, .5 of 5.5 against .5, 2.5, 1.5, .5, .5.
    expect(divergence).toBeCloseTo((2.5 * Math.log(5) + 0.5 * Math.log(1 / 5)) / 5.5, 12)
    expect(columnsOf({ nearest: { strings: 3, sampled, heldOut: held, divergence } })).toEqual([
      { name: 'nearest divergence', value: divergence },
    ])
  })

  test('is as far as a string can be where no token is shared', () => {
    const { sampled, heldOut } = nearestDistances(strings('00', '00'), strings('11'), strings('10', '00'))
    expect([sampled, heldOut]).toEqual([
      [0, 0, 1],
      [0, 1, 0],
    ])
  })
})

describe('support of sampling states', () => {
  const index = () => consistencyIndex(strings('001', '110'), 2)
  const straight = () => Int32Array.of(0, 1, 2)

  test('lasts as long as some training string agrees with what has been revealed', () => {
    // 000 agrees for two tokens, 011 for one, 110 to its end.
    const samples = strings('000', '011', '110')
    const { sampled } = supportRates(index(), 2, samples, straight, strings('001'), '0')
    expect(sampled).toEqual([1, 2 / 3, 1 / 3])
    // Last token first: 0 and then 00 has no training string; 1 and then 11 neither.
    const backwards = supportRates(index(), 2, samples, () => Int32Array.of(2, 1, 0), strings('001'), '0')
    expect(backwards.sampled).toEqual([1, 1 / 3, 1 / 3])
    // To every sample its own order.
    const mixed = supportRates(
      index(),
      2,
      samples,
      (i) => (i === 0 ? Int32Array.of(2, 1, 0) : straight()),
      strings('001'),
      '0',
    )
    expect(mixed.sampled).toEqual([1, 1 / 3, 1 / 3])
  })

  test('is measured between fresh strings and training strings, where these differ', () => {
    const against = (fresh: ReturnType<typeof strings>, ...samples: string[]) =>
      supportRates(index(), 2, strings(...samples), straight, fresh, '0')
    // Of a training string every state agrees.
    const all = against(strings('001', '110'), '000', '110')
    expect(all.fresh).toEqual([1, 1, 1])
    expect(all.overlap).toEqual([null, null, null])
    const some = against(strings('000', '000', '001', '110'), '000', '110')
    expect(some.fresh[2]).toBe(1 / 2)
    expect(some.overlap[2]).toBe((1 / 2 - 1 / 2) / (1 - 1 / 2))
    const copies = against(strings('000', '001'), '001', '110', '110', '000')
    expect(copies.overlap[2]).toBe((3 / 4 - 1 / 2) / (1 - 1 / 2))
    const off = against(strings('000', '001'), '000', '000', '000', '110')
    expect(off.overlap[2]).toBe((1 / 4 - 1 / 2) / (1 - 1 / 2))
  })

  test('of fresh strings is under an order of their own, another for every string and seed', () => {
    // 000 agrees on two tokens where they are the first two: one order in three begins with these.
    const fresh = (seed: string) =>
      supportRates(index(), 2, strings('000'), straight, tokenMatrix(Array(300).fill([0, 0, 0]), 3), seed)
        .fresh
    const [first, second, third] = fresh('0')
    expect([first, third]).toEqual([1, 0])
    expect(Math.abs(second! - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 300))
    expect(fresh('1')).not.toEqual(fresh('0'))
  })

  test('of a denoiser is along the states that its samples went through, the column half-way', async () => {
    const denoiser = { ...sureOf('0000'), preferredBatch: 1 }
    const train = strings('0001', '0100')
    const options = { train, test: strings('0100'), samples: 40, strings: 1, seed: 'states' }
    const { support: measured } = await measureDenoiser(source, denoiser, options)
    // Four states per sample, the first all hidden; each with k tokens that are all 0.
    const states = denoiser.shown.slice(0, 160)
    const agrees = (state: string) =>
      ['0001', '0100'].some((text) => Array.from(state).every((c, t) => c === '2' || c === text[t]))
    for (const k of [1, 2, 3]) {
      const some = states.filter((_, i) => i % 4 === k)
      expect(measured!.sampled[k - 1]).toBeCloseTo(some.filter(agrees).length / 40, 12)
    }
    expect(measured!.sampled[3]).toBe(0)
    expect(measured!.sampled[2]).toBeLessThan(1)
    const column = (overlap: (number | null)[]) =>
      MEASURES.support.columns({ sampled: [], fresh: [], overlap }).map(({ name, value }) => [name, value])
    expect(column([0.1, 0.2, 0.3, 0.4])).toEqual([['overlap', 0.2]])
    expect(column([0.1, 0.2, 0.3])).toEqual([['overlap', 0.2]])
    expect(column([0.1, null, 0.3])).toEqual([['overlap', null]])
  })

  test('stand beside the nearest strings in what a denoiser is measured by', async () => {
    const train = strings('0001')
    const { nearest } = await measureDenoiser(source, sureOf('0000'), {
      train,
      test: strings('0100'),
      samples: 3,
      strings: 1,
    })
    expect(nearest).toEqual(nearestDistances(train, strings('0000'), strings('0100')))
  })

  test('compares as many fresh strings as there are samples', () => {
    const config = {
      samples: 1,
      strings: 9,
      exact: false,
      sampler: ONE_BY_ONE,
      seed: '0',
    } as const
    const train = strings('0001')
    const subject = { source, train, test: strings('0001', '1111'), config }
    const measure = support.prepare(subject) as (moment: unknown) => { fresh: number[] }
    expect(measure({ samples: strings('0001'), seed: '0' }).fresh).toEqual([1, 1, 1, 1])
  })
})
