import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { censoredLine } from '../../analysis/laws/censored-line.js'
import { clockLaws } from '../../analysis/laws/clock-laws.js'
import { dataCollapse } from '../../analysis/laws/collapse.js'
import { fitPowerLaw, type LawPoint } from '../../analysis/laws/power-law.js'
import { summarise } from '../../analysis/run-summary.js'
import { isotonic } from '../../common/isotonic.js'
import { normalDistribution, normalHazard } from '../../common/normal.js'
import { type Random, stream } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { dataThresholds } from '../../grammar/rhm/thresholds.js'
import { losses, record } from './records.js'

const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** y = 10·x^slope with a spread per run and one per group, watched until `watched`. */
function planted(
  slope: number,
  {
    seed,
    groups = 3,
    watched = Number.POSITIVE_INFINITY,
    ofGroup = 0,
  }: { seed: string; groups?: number; watched?: number; ofGroup?: number },
): LawPoint[] {
  const random = stream(seed, 'planted')
  return Array.from({ length: groups }, (_, g) => {
    const tilt = ofGroup * normal(random)
    return [100, 200, 400, 800, 1600].map((x): LawPoint => {
      const y = 10 * x ** slope * Math.exp(0.25 * normal(random) + tilt * Math.log(x / 400))
      return { x, y: Math.min(y, watched), censored: y > watched, watched, group: `${g}` }
    })
  }).flat()
}

describe('a power law with runs that were not watched long enough', () => {
  test('is recovered where dropping or imputing them would bend it', () => {
    let [kept, dropped, imputed] = [0, 0, 0]
    const trials = 60
    for (let trial = 0; trial < trials; trial++) {
      const points = planted(1, { seed: `${trial}`, watched: 6000 })
      const lines = (of: readonly LawPoint[]) =>
        censoredLine(of.map(({ x, y, censored = false }) => ({ x: Math.log(x), y: Math.log(y), censored })))!
          .slope / trials
      kept += lines(points)
      dropped += lines(points.filter((point) => !point.censored))
      imputed += lines(points.map((point) => ({ ...point, censored: false })))
    }
    expect(kept).toBeCloseTo(1, 1)
    expect(Math.abs(kept - 1)).toBeLessThan(0.03)
    expect(dropped).toBeLessThan(0.97)
    expect(imputed).toBeLessThan(0.9)
  })

  test.each([
    ['residuals, three grammars, a third of the runs censored', { groups: 3, watched: 20_000 }],
    ['grammars that differ in slope, eight of them', { groups: 8, ofGroup: 0.15 }],
    ['grammars that differ in slope, censored too', { groups: 8, ofGroup: 0.15, watched: 20_000 }],
  ] as const)('has an interval that covers the planted exponent: %s', (_, options) => {
    let covered = 0
    const trials = 40
    for (let trial = 0; trial < trials; trial++) {
      const [low, high] = fitPowerLaw(planted(1.2, { seed: `${trial}`, ...options }), 'seed')!.interval!
      if (low <= 1.2 && 1.2 <= high) covered++
    }
    expect(covered / trials).toBeGreaterThanOrEqual(0.88)
  })

  test('needs two x at which something struck', () => {
    const points = [1, 2, 4].map((x) => ({ x, y: x, censored: x > 1, watched: 4 }))
    expect(fitPowerLaw(points, 'seed')).toBeUndefined()
  })

  test('rests on the normal distribution', () => {
    expect(normalDistribution(1.959963984540054)).toBeCloseTo(0.975, 6)
    expect(normalHazard(0)).toBeCloseTo(Math.sqrt(2 / Math.PI), 6)
    // Both forms meet where one takes over.
    expect(normalHazard(5.0001) / normalHazard(4.9999)).toBeCloseTo(1, 2)
    expect(normalHazard(30)).toBeCloseTo(30.0332, 3)
  })
})

describe('data collapse', () => {
  const steps = Array.from({ length: 30 }, (_, i) => Math.round(10 * 1.35 ** i))
  const curves = (exponent: number) =>
    [128, 256, 512, 1024].map((P) => ({
      P,
      points: steps.map((step) => ({ step, value: 1 / (1 + (P ** exponent / step) ** 2) })),
    }))

  test.each([0.6, 1, 1.4])('finds the exponent %f that planted curves share', (exponent) => {
    const { exponent: found, best, apart, linear } = dataCollapse(curves(exponent))!
    expect(found).toBeCloseTo(exponent, 1)
    expect(best).toBeLessThan(0.02)
    expect(apart).toBeGreaterThan(5 * best)
    expect(linear).toBeGreaterThanOrEqual(best)
  })

  test('says nothing about curves that never move', () => {
    expect(
      dataCollapse([64, 128].map((P) => ({ P, points: steps.map((step) => ({ step, value: 0 })) }))),
    ).toBeUndefined()
  })
})

test('thresholds: both predictions agree up to level 2 and separate from level 3', () => {
  const { reuse, raw } = dataThresholds({ v: 8, m: 2, s: 2, L: 4 })
  expect(reuse.map(Math.round)).toEqual([21, 85, 171, 341])
  expect(raw.map(Math.round)).toEqual([21, 85, 341, 1365])
})

test('regimes: a run is fitted with those whose P has reached as many thresholds of a learner that reuses rules', () => {
  const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 4, seed: 'regimes' })))
  const runs = [20, 21, 22, 85, 86, 170, 171, 341, 342, 5000].map((P) =>
    summarise({
      key: `${P}`,
      label: '',
      grammar: 'g',
      P,
      batch: 1,
      parameters: 1,
      source,
      // The test loss turns at once: a clock that strikes in every run.
      records: [1, 2, 4].map((step) => record(step, { losses: losses({ test: step }) })),
      phenomena: {},
    }),
  )
  const members = clockLaws(runs)
    .filter(({ clock }) => clock.kind === 'test-minimum')
    .map(({ regime, points }) => [regime, points.map(({ P }) => P)])
  expect(members).toEqual([
    [null, runs.map(({ P }) => P)],
    [0, [20, 21]],
    [1, [22, 85]],
    [2, [86, 170]],
    [3, [171, 341]],
    [4, [342, 5000]],
  ])
})

test('isotonic regression never falls, keeps the mean, and no other rising sequence is nearer', () => {
  const value = fc.double({ min: -5, max: 5, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 }), (pairs) => {
      const [values, other] = [pairs.map(([a]) => a), pairs.map(([, b]) => b).sort((a, b) => a - b)]
      const fit = isotonic(values)
      const distance = (to: readonly number[]) => values.reduce((sum, x, i) => sum + (x - to[i]!) ** 2, 0)
      const mean = (of: readonly number[]) => of.reduce((sum, x) => sum + x, 0) / of.length
      fit.slice(1).forEach((x, i) => {
        expect(x).toBeGreaterThanOrEqual(fit[i]! - 1e-12)
      })
      expect(mean(fit)).toBeCloseTo(mean(values), 9)
      expect(distance(fit)).toBeLessThanOrEqual(distance(other) + 1e-9)
      expect(isotonic(fit).every((x, i) => Math.abs(x - fit[i]!) < 1e-12)).toBe(true)
    }),
  )
})
