import { describe, expect, test } from 'vitest'
import { momentOf, subjectOf } from '../../analysis/measures/measure.js'
import { measuring } from '../../analysis/record.js'
import { compareMetrics, powerOf } from '../../analysis/regression/compare.js'
import { type Metrics, metricsOf } from '../../analysis/regression/metrics.js'
import { type Random, stream, uniformInteger } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'

const tables = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: 'check' }))
const source = rhmSource(tables)
const corpus = drawCorpus(source, { train: 200, test: 2000, seed: 'check' })
const subject = subjectOf({
  source,
  train: corpus.train,
  config: { samples: 1000, strings: 512, exact: false, sampler: ONE_BY_ONE, seed: '0' },
})
const measure = await measuring(subject)

/**
 * Strings of a model with two moods, so that the nodes of a string rise and fall together: a tenth are copies, some are
 * of the language, the rest has its halves' last blocks redrawn.
 */
async function model(random: Random, count: number, good: number): Promise<Metrics> {
  const tokens = new Int32Array(count * tables.d)
  for (let i = 0; i < count; i++) {
    const copy = random() < 0.1
    const from = copy ? corpus.train : corpus.test
    const at = uniformInteger(random, from.count) * tables.d
    tokens.set(from.tokens.subarray(at, at + tables.d), i * tables.d)
    if (copy || random() < good) continue
    for (const t of [2, 3, 6, 7]) tokens[i * tables.d + t] = uniformInteger(random, tables.v)
  }
  const samples = { tokens, count, length: tables.d }
  return metricsOf(await measure(momentOf(subject, { samples, seed: '0' })))
}

describe('a check against a baseline', () => {
  test.each([0.05, 0.01])('of an unchanged model alarms in at most %f of 400 resamples', async (rate) => {
    const trials = 400
    let alarms = 0
    for (let trial = 0; trial < trials; trial++) {
      const random = stream('false alarm', 'resample', trial)
      const compared = compareMetrics(await model(random, 300, 0.6), await model(random, 300, 0.6), rate)
      if (compared.some((comparison) => comparison.moved)) alarms++
    }
    // Three standard deviations above the stated rate; a test of no difference at all would never alarm.
    expect(alarms / trials).toBeLessThan(rate + 3 * Math.sqrt((rate * (1 - rate)) / trials))
    if (rate === 0.05) expect(alarms).toBeGreaterThan(0)
  })

  test('sees a drop of 5 points in level-2 validity with the power that it states', async () => {
    const trials = 200
    let [seen, drop, stated] = [0, 0, 0]
    for (let trial = 0; trial < trials; trial++) {
      const random = stream('power', 'resample', trial)
      const [old, now] = [await model(random, 1000, 0.9), await model(random, 1000, 0.834)]
      const two = compareMetrics(old, now).find(({ name }) => name === 'validity 2')!
      drop += (two.before - two.now) / trials
      // Four metrics compete; Holm leaves the smallest p this share of the false-alarm rate.
      stated += powerOf(old['validity 2']!, now['validity 2']!, 0.05, 0.01 / 4) / trials
      if (two.moved) seen++
    }
    console.info(
      `a drop of ${drop.toFixed(3)} among 1,000 strings was seen in ${seen} of ${trials}; stated power ${stated.toFixed(2)}`,
    )
    expect(drop).toBeCloseTo(0.05, 2)
    expect(seen / trials).toBeGreaterThan(0.7)
    expect(Math.abs(stated - seen / trials)).toBeLessThan(0.1)
  })

  test('names what moved and leaves the rest alone', () => {
    const share = (value: number) => ({ kind: 'share', value, trials: 1000 }) as const
    const compared = compareMetrics(
      { 'validity 1': share(0.99), copies: share(0.02), gone: share(0.5) },
      { 'validity 1': share(0.99), copies: share(0.2), fresh: share(0.5) },
    )
    expect(compared.map(({ name, moved }) => [name, moved])).toEqual([
      ['validity 1', false],
      ['copies', true],
    ])
  })
})
