import { describe, expect, test } from 'vitest'
import { momentOf, subjectOf } from '../../analysis/measures/measure.js'
import { measuring } from '../../analysis/record.js'
import { type Comparison, compareMetrics } from '../../analysis/regression/compare.js'
import { type Metrics, metricSchema, metricsOf } from '../../analysis/regression/metrics.js'
import { stream } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { type PlantedModel, plantedMetrics } from '../reference/planted.js'
import { losses } from './records.js'

/** How often a check of two models reports anything, and this metric. */
function reports(
  models: readonly [PlantedModel, PlantedModel],
  { strings, rate, trials, of }: { strings: number; rate: number; trials: number; of?: string },
): { readonly any: number; readonly one: number; readonly first: readonly Comparison[] } {
  let [any, one] = [0, 0]
  let first: Comparison[] = []
  for (let trial = 0; trial < trials; trial++) {
    const random = stream('check', `${strings}/${models[0].good}/${models[1].good}`, trial)
    const [before, now] = models.map((model) => plantedMetrics(model, strings, random))
    const compared = compareMetrics(before!, now!, { falseAlarm: rate, paired: true })
    if (trial === 0) first = compared
    if (compared.some(({ moved }) => moved)) any++
    if (compared.some(({ name, moved }) => moved && name === of)) one++
  }
  return { any: any / trials, one: one / trials, first }
}

const model = { good: 0.9, copies: 0.02, nelbo: 14 }

describe('a check against a baseline', () => {
  test.each([0.6, 0.99, 0.999, 0.9995])(
    'of an unchanged model of %f good strings alarms in at most the stated share of the cases',
    (good) => {
      const same = { good, copies: 1 - good, nelbo: 14 }
      for (const rate of [0.05, 0.01]) {
        const trials = 150
        // Three standard deviations above the stated rate.
        const most = rate + 3 * Math.sqrt((rate * (1 - rate)) / trials)
        expect(reports([same, same], { strings: 300, rate, trials }).any).toBeLessThanOrEqual(most)
      }
    },
  )

  test('does alarm at times, as a test of no difference at all would not', () => {
    let low = 0
    for (let trial = 0; trial < 400; trial++) {
      const random = stream('check', 'p', trial)
      const [before, now] = [plantedMetrics(model, 300, random), plantedMetrics(model, 300, random)]
      if (compareMetrics(before, now).find(({ name }) => name === 'validity 1')!.p < 0.05) low++
    }
    // Five in a hundred, within three standard deviations.
    expect(low / 400).toBeGreaterThan(0.017)
    expect(low / 400).toBeLessThan(0.083)
  })

  test('sees a drop of level-2 validity with the power that it states', () => {
    const worse = { ...model, good: 0.826 }
    const trials = 300
    const { one, first } = reports([model, worse], { strings: 1000, rate: 0.01, trials, of: 'validity 2' })
    const { before, now, detectable } = first.find(({ name }) => name === 'validity 2')!
    // The planted drop is (.9 − .826)·(1 − .25·.75) = .06, about what is stated to be seen nine times in ten.
    expect(before - now).toBeCloseTo(0.06, 1)
    expect(detectable).toBeGreaterThan(0.05)
    expect(detectable).toBeLessThan(0.07)
    expect(one).toBeGreaterThan(0.8)
    expect(one).toBeLessThan(0.98)
  })

  test('sees .3 nats of NELBO in paired losses, which unpaired ones hide', () => {
    const random = stream('paired', 'check')
    const [before, now] = [14, 14.3].map((nelbo) => plantedMetrics({ ...model, nelbo }, 300, random))
    const moved = (paired: boolean) =>
      compareMetrics(before!, now!, { paired }).find(({ name }) => name === 'test NELBO')!.moved
    expect([moved(true), moved(false)]).toEqual([true, false])
  })

  test('names what moved and leaves the rest alone', () => {
    const share = (rate: number) => ({ kind: 'share', tally: [1000 - 1000 * rate, 1000 * rate] }) as const
    const compared = compareMetrics(
      { 'validity 1': share(0.99), copies: share(0.02), gone: share(0.5), 'other shape': share(0.5) },
      {
        'validity 1': share(0.99),
        copies: share(0.2),
        fresh: share(0.5),
        'other shape': { kind: 'share', tally: [500, 0, 500] },
      } as Metrics,
    )
    expect(compared.map(({ name, moved }) => [name, moved])).toEqual([
      ['validity 1', false],
      ['copies', true],
    ])
  })

  test('shares what is left of the rate among the metrics that have not moved (Holm)', () => {
    // Two identical metrics of p = .03: together they say no more than one.
    const tally = (failures: number) => ({ kind: 'share', tally: [failures, 1000 - failures] }) as const
    const [before, now] = [tally(100), tally(131)]
    const alone = compareMetrics({ a: before }, { a: now })[0]!.p
    const both = compareMetrics({ a: before, b: before, c: tally(5) }, { a: now, b: now, c: tally(5) })
    expect(both.map(({ adjusted }) => adjusted / alone)).toEqual([
      expect.closeTo(3, 9),
      expect.closeTo(3, 9),
      1 / alone,
    ])
  })
})

describe("the test of two means has Student's p of a table", () => {
  /** n values with mean 0 and standard error 1. */
  const spread = (n: number) => {
    const values = Array.from({ length: n }, (_, i) => i - (n - 1) / 2)
    const squares = values.reduce((sum, x) => sum + x * x, 0)
    return values.map((x) => x * Math.sqrt((n * (n - 1)) / squares))
  }
  const p = (before: readonly number[], now: readonly number[], paired: boolean) => {
    const mean = (values: readonly number[]) => ({ loss: { kind: 'mean' as const, values: [...values] } })
    return compareMetrics(mean(before), mean(now), { paired })[0]!.p
  }

  test('paired: 9 degrees of freedom, two-sided 5 % at 2.262', () => {
    const before = Array.from({ length: 10 }, (_, i) => 100 * Math.sin(i))
    const now = spread(10).map((x, i) => before[i]! + x + 2.262157)
    expect(p(before, now, true)).toBeCloseTo(0.05, 6)
    expect(p(now, before, true)).toBeCloseTo(0.05, 6)
    expect(p(before, now, false)).toBeGreaterThan(0.9)
  })

  test('unpaired: equal spreads have 18 degrees of freedom, two-sided 5 % at 2.101', () => {
    const now = spread(10).map((x) => x + 2.100922 * Math.SQRT2)
    expect(p(spread(10), now, false)).toBeCloseTo(0.05, 6)
  })

  test('unpaired: where one side hardly scatters the other decides', () => {
    const still = spread(40).map((x) => x * 1e-6)
    expect(
      p(
        still,
        spread(10).map((x) => x + 2.262157),
        false,
      ),
    ).toBeCloseTo(0.05, 6)
  })

  test('unpaired unless it is said, and where there are other strings on the other side', () => {
    const before = spread(10)
    const now = before.map((x) => x + 1)
    const mean = (values: readonly number[]) => ({ loss: { kind: 'mean' as const, values: [...values] } })
    expect(compareMetrics(mean(before), mean(now), { paired: true })[0]!.p).toBe(2 ** (1 - before.length))
    expect(compareMetrics(mean(before), mean(now))[0]!.p).toBeCloseTo(p(before, now, false), 12)
    expect(p(before, now, false)).toBeGreaterThan(0.1)
    const more = [...now, ...now]
    expect(p(before, more, true)).toBeCloseTo(p(before, more, false), 12)
    expect(p(before, more, false)).toBeGreaterThan(0.1)
  })

  test('strings whose losses are all the same do not differ at all, or as often as coins fall alike', () => {
    expect(p([1, 1, 1], [1, 1, 1], true)).toBe(1)
    expect(p([1, 1, 1], [2, 2, 2], true)).toBe(2 / 8)
  })
})

test('what a check records is every string: its valid blocks and whether it is a copy', async () => {
  const source = rhmSource(compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: 'check' })))
  const { train, test: heldOut } = drawCorpus(source, { train: 20, test: 30, seed: 'check' })
  const tokens = new Int32Array(60 * 8)
  tokens.set(train.tokens)
  tokens.set(heldOut.tokens, 20 * 8)
  // Ten strings of one token that is no pair of any symbol's rules, or that is: a block of level 1 at least differs.
  for (let i = 50; i < 60; i++) for (let t = 0; t < 8; t++) tokens[i * 8 + t] = i % 8
  const config = { samples: 60, strings: 512, exact: false, sampler: ONE_BY_ONE, seed: '0' }
  const subject = subjectOf({ source, train, config })
  const measure = await measuring(subject)
  const samples = { tokens, count: 60, length: 8 }
  const metrics = metricsOf(await measure(momentOf(subject, { samples, seed: '0' })))
  expect(Object.keys(metrics)).toEqual(['copies', 'validity 1', 'validity 2', 'validity 3'])
  expect(metrics.copies).toEqual({ kind: 'share', tally: [40, 20] })
  const parsed = source.truth.levels!.parse(tokens)
  for (const level of [1, 2, 3]) {
    const nodes = 2 ** (3 - level)
    const valid = Array.from(
      { length: 60 },
      (_, i) => parsed[level]!.slice(i * nodes, (i + 1) * nodes).filter((symbol) => symbol >= 0).length,
    )
    const tally = Array.from({ length: nodes + 1 }, (_, k) => valid.filter((n) => n === k).length)
    expect(metrics[`validity ${level}`]).toEqual({ kind: 'share', tally })
    expect(tally[nodes]).toBeGreaterThanOrEqual(50)
  }
})

test('a metric needs one string that was counted, not one of every count', () => {
  expect(metricSchema.safeParse({ kind: 'share', tally: [0, 5, 0] }).success).toBe(true)
})

test('losses are recorded string by string, where there are two at least', () => {
  const measured = losses({ train: 3, test: 5, standardError: 1 })
  expect(metricsOf({ losses: measured })).toEqual({
    'train NELBO': { kind: 'mean', values: [2, 4] },
    'test NELBO': { kind: 'mean', values: [4, 6] },
  })
  const single = { ...measured, train: { ...measured.train, perString: [3] } }
  expect(Object.keys(metricsOf({ losses: single }))).toEqual(['test NELBO'])
})

test.each([
  ['no strings', { kind: 'share', tally: [0, 0] }],
  ['one count', { kind: 'share', tally: [3] }],
  ['a negative count', { kind: 'share', tally: [-1, 3] }],
  ['half a string', { kind: 'share', tally: [0.5, 3] }],
  ['a loss that is no number', { kind: 'mean', values: [1, Number.NaN] }],
  ['a single loss', { kind: 'mean', values: [1] }],
])('a metric of %s is refused', (_, metric) => {
  expect(metricSchema.safeParse(metric).success).toBe(false)
})

test('a rate that is no probability and a value that is no number are refused', () => {
  const values = (...all: number[]) => ({ loss: { kind: 'mean' as const, values: all } })
  for (const falseAlarm of [Number.NaN, -1, 0, 1, 5])
    expect(() => compareMetrics(values(1, 2), values(1, 2), { falseAlarm })).toThrow(/falseAlarm: got/)
  expect(() => compareMetrics(values(1, 2), values(1, Number.NaN))).toThrow(/loss: got null, expected finite/)
})

test('differences that are all alike are chance in two of 2ⁿ ways', () => {
  const values = (...all: number[]) => ({ loss: { kind: 'mean' as const, values: all } })
  const p = (n: number) => {
    const before = Array.from({ length: n }, (_, i) => i)
    return compareMetrics(values(...before), values(...before.map((x) => x + 0.5)), { paired: true })[0]!.p
  }
  expect([p(2), p(3), p(10)]).toEqual([1 / 2, 1 / 4, 1 / 512])
})

test('a tally of a thousand million strings is compared as fast as one of a thousand', () => {
  const share = (...tally: number[]) => ({ valid: { kind: 'share' as const, tally } })
  const [compared] = compareMetrics(share(1e9, 1e9), share(1e9, 1e9 + 2e5))
  // z = .00005/√(.25·2/2·10⁹) = 3.16 of parts that are independent.
  expect(compared!.p).toBeCloseTo(0.00157, 4)
})
