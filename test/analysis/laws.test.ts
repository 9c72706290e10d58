import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { strikeOf } from '../../analysis/clocks.js'
import { clockLaws } from '../../analysis/laws/clock-laws.js'
import { clockMeans, clockRatios } from '../../analysis/laws/clock-means.js'
import { dataCollapse } from '../../analysis/laws/collapse.js'
import { fitPowerLaw } from '../../analysis/laws/power-law.js'
import { summarise } from '../../analysis/run-summary.js'
import { reachedStep } from '../../analysis/strike.js'
import { normalDistribution, normalHazard, normalPoint } from '../../common/distributions.js'
import { isotonic } from '../../common/isotonic.js'
import { stream } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { dataThresholds } from '../../grammar/rhm/thresholds.js'
import { plantedLaw } from '../reference/planted.js'
import { level, losses, record } from './records.js'

describe('a power law over grammars', () => {
  test.each(
    [0, 0.15, 0.3].flatMap((spread) =>
      [3, 4, 5, 8].flatMap((grammars) =>
        [Number.POSITIVE_INFINITY, 20_000].map((watched) => ({ spread, grammars, watched })),
      ),
    ),
  )(
    'covers the planted exponent: $grammars grammars that differ by $spread, watched for $watched steps',
    (law) => {
      const trials = 150
      let [covered, told] = [0, 0]
      for (let trial = 0; trial < trials; trial++) {
        const random = stream('law', JSON.stringify(law), trial)
        const interval = fitPowerLaw(plantedLaw({ exponent: 1.2, ...law }, random))?.interval
        if (!interval) continue
        told++
        if (interval[0] <= 1.2 && 1.2 <= interval[1]) covered++
      }
      expect(told).toBeGreaterThan(130)
      // Three standard deviations below 92 %, the least that docs/statistics.md states.
      expect(covered / told).toBeGreaterThan(0.92 - 3 * Math.sqrt((0.92 * 0.08) / told))
    },
  )

  test.each([3, 4].flatMap((sizes) => [0, 0.3].map((spread) => ({ sizes, spread }))))(
    'covers it from $sizes sizes of which some runs of the largest are censored, grammars differ by $spread',
    (law) => {
      const trials = 300
      let [covered, told] = [0, 0]
      for (let trial = 0; trial < trials; trial++) {
        const random = stream('law', `sizes/${JSON.stringify(law)}`, trial)
        const largest = 100 * 2 ** (law.sizes - 1)
        const watched = 15 * largest ** 1.2
        const points = plantedLaw({ exponent: 1.2, grammars: 3, spread: law.spread, watched }, random)
        const interval = fitPowerLaw(points.filter(({ x }) => x <= largest))?.interval
        if (!interval) continue
        told++
        if (interval[0] <= 1.2 && 1.2 <= interval[1]) covered++
      }
      expect(told).toBeGreaterThan(0.85 * trials)
      // Three standard deviations below 95 %.
      expect(covered / told).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / told))
    },
  )

  test('has the mean of their exponents and the interval of a table', () => {
    const runs = [1, 1.25, 1.5].flatMap((exponent, g) =>
      [16, 64, 256].map((x) => ({ grammar: String(g), x, y: (g + 1) * x ** exponent })),
    )
    const law = fitPowerLaw(runs)!
    expect(law.exponent).toBeCloseTo(1.25, 12)
    expect(law.intercept).toBeCloseTo(Math.log(6) / 3, 12)
    // Student's t with two degrees of freedom: 4.3027.
    expect(law.interval![0]).toBeCloseTo(1.25 - (4.3027 * 0.25) / Math.sqrt(3), 4)
    expect(law.interval![1]).toBeCloseTo(1.25 + (4.3027 * 0.25) / Math.sqrt(3), 4)
  })

  test('has no interval from two grammars, however many runs they have, nor where most runs did not strike', () => {
    const random = stream('law', 'poor')
    expect(fitPowerLaw(plantedLaw({ exponent: 1, grammars: 2, spread: 0.1 }, random))).toMatchObject({
      interval: null,
      grammars: 2,
    })
    const rare = [1, 2, 3].flatMap((g) =>
      [10, 20, 40, 80, 160].map((x) => ({ x, y: x * (1 + g / 10), censored: x > 20, grammar: String(g) })),
    )
    expect(fitPowerLaw(rare)!.interval).toBeNull()
  })
})

test('normal tails rest on numbers of tables', () => {
  expect(normalDistribution(1.959963984540054)).toBeCloseTo(0.975, 12)
  expect(normalDistribution(-5) / 2.866515718791939e-7).toBeCloseTo(1, 6)
  expect(normalPoint(0.975)).toBeCloseTo(1.959963984540054, 9)
  expect(normalHazard(0)).toBeCloseTo(Math.sqrt(2 / Math.PI), 9)
  // Both forms meet where one takes over.
  expect(normalHazard(5.0001) / normalHazard(4.9999)).toBeCloseTo(1, 3)
  expect(normalHazard(30)).toBeCloseTo(30.0332, 3)
})

describe('means and ratios of clocks', () => {
  const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 2, seed: 'means' })))
  /** Levels 1 and 2 strike at these steps; null: never. */
  const run = (grammar: string, one: number, two: number | null) => {
    const at = (tau: number | null, step: number) => (tau !== null && step >= tau ? 1 : 0)
    const records = [one / 2, one, ...(two ? [two] : []), 4000, 8000].map((step) =>
      record(step, {
        levels: [one, two].map((tau, i) =>
          level(i + 1, { nodeValidity: 1, acquisition: at(tau, step), acquisitionTrials: 100 }),
        ),
      }),
    )
    // Half-way in ln step between the checkpoint before and the one that struck.
    return summarise({
      key: `${grammar}${one}`,
      label: '',
      grammar,
      P: 64,
      batch: 1,
      parameters: 1,
      source,
      records,
      phenomena: {},
    })
  }

  test('average over the runs of a grammar first, then over grammars', () => {
    const runs = [run('a', 100, 400), run('a', 400, 1600), run('b', 800, 1600), run('c', 100, 800)]
    const struck = runs.map(({ clocks }) =>
      [1, 2].map((l) => reachedStep(strikeOf(clocks, { kind: 'acquisition', level: l, threshold: 0.5 }))!),
    )
    const log = (values: readonly number[]) => values.map(Math.log)
    const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
    const first = log(struck.map(([one]) => one!))
    const found = clockMeans(runs).find(({ clock }) => clock.kind === 'acquisition' && clock.level === 1)!
    expect(found.mean).toBeCloseTo(Math.exp(mean([(first[0]! + first[1]!) / 2, first[2]!, first[3]!])), 9)
    const ratios = log(struck.map(([one, two]) => two! / one!))
    const groups = [(ratios[0]! + ratios[1]!) / 2, ratios[2]!, ratios[3]!]
    const spread = Math.sqrt(groups.reduce((sum, x) => sum + (x - mean(groups)) ** 2, 0) / 2)
    const [ratio] = clockRatios(runs)
    expect(ratio!.mean).toBeCloseTo(Math.exp(mean(groups)), 9)
    expect(ratio!.interval![0]).toBeCloseTo(Math.exp(mean(groups) - (4.302653 * spread) / Math.sqrt(3)), 5)
    expect(ratio!.interval![1]).toBeCloseTo(Math.exp(mean(groups) + (4.302653 * spread) / Math.sqrt(3)), 4)
  })

  test('have no interval over one grammar, and no mean where a run did not get there', () => {
    const [ratio] = clockRatios([run('a', 100, 400), run('a', 200, 800)])
    expect(ratio).toMatchObject({ interval: null, reached: 2, runs: 2 })
    expect(clockRatios([run('a', 100, 400), run('b', 200, null)])[0]).toMatchObject({
      mean: undefined,
      reached: 1,
      runs: 2,
    })
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

/** The P of the runs that τ_test is fitted to, over all and per regime. */
function regimes(sizes: { v: number; m: number; s: number; L: number }, strings: readonly number[]) {
  const source = rhmSource(compile(randomRhm({ ...sizes, seed: 'regimes' })))
  const runs = strings.map((P) =>
    summarise({
      key: `${P}`,
      label: '',
      grammar: 'g',
      P,
      batch: 1,
      parameters: 1,
      source,
      // The test loss turns at once: a clock that strikes in every run.
      records: [1, 2, 4, 8, 16].map((step, i) => record(step, { losses: losses({ test: i }) })),
      phenomena: {},
    }),
  )
  return clockLaws(runs)
    .filter(({ clock }) => clock.kind === 'test-minimum')
    .map(({ regime, points }) => [regime, points.map(({ P }) => P)])
}

test('regimes: a run is fitted with those whose P has reached as many thresholds of a learner that reuses rules', () => {
  const strings = [20, 21, 22, 85, 86, 170, 171, 341, 342, 5000]
  expect(regimes({ v: 8, m: 2, s: 2, L: 4 }, strings)).toEqual([
    [null, strings],
    [0, [20, 21]],
    [1, [22, 85]],
    [2, [86, 170]],
    [3, [171, 341]],
    [4, [342, 5000]],
  ])
})

test('regimes: a run with exactly as many strings as a threshold has reached it', () => {
  // f = 2/4, so P*_ℓ = 4·2/(1 − f), 4·8/(1 − f) and 4·16/(1 − f): whole numbers.
  const strings = [14, 15, 16, 63, 64, 127, 128, 129]
  expect(regimes({ v: 4, m: 2, s: 2, L: 3 }, strings)).toEqual([
    [null, strings],
    [0, [14, 15]],
    [1, [16, 63]],
    [2, [64, 127]],
    [3, [128, 129]],
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
