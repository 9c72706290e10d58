import { describe, expect, test } from 'vitest'
import { clocks, strikeOf } from '../../analysis/clocks.js'
import { minimum, pairedMinimum } from '../../analysis/minimum.js'
import { testMinimum } from '../../analysis/stopping/rules.js'
import { reachedStep } from '../../analysis/strike.js'
import { type Random, stream } from '../../common/random.js'
import { plantedLosses } from '../reference/planted.js'
import { losses, record } from './records.js'

const steps = Array.from({ length: 25 }, (_, i) => Math.round(20 * 1.4 ** i))
const curve = (value: (step: number, i: number) => number) =>
  steps.map((step, i) => ({ step, value: value(step, i) }))

/** Sum of twelve uniform numbers about their mean: variance 1. */
const noise = (random: Random) => Array.from({ length: 12 }, random).reduce((sum, x) => sum + x, -6)

describe('the minimum of a curve', () => {
  test.each([60, 700, 4000])('a valley in ln step has it at %i', (tau) => {
    const found = minimum(curve((step) => 3 + 0.4 * Math.log(step / tau) ** 2))!
    expect(reachedStep(found.at)! / tau).toBeCloseTo(1, 2)
    expect(found.within[0]).toBeLessThanOrEqual(tau)
    expect(found.within[1]).toBeGreaterThanOrEqual(tau)
    expect(Math.abs(Math.log(found.lowest / tau))).toBeLessThan(Math.log(1.4) / 2 + 0.01)
  })

  test('is not reached while the curve falls, stays level, or only its last point stands above', () => {
    const censored = { kind: 'censored', after: steps.at(-1) }
    expect(minimum(curve((_, i) => 10 - 0.1 * i))!.at).toEqual(censored)
    expect(minimum(curve(() => 5))!.at).toEqual(censored)
    expect(minimum(curve((_, i) => (i === 24 ? 12 : 10 - 0.1 * i)))!.at).toEqual(censored)
  })

  test('needs the last two points to stand above, and no more', () => {
    expect(minimum(curve((_, i) => (i > 23 ? 9 : 10 - 0.1 * i)))!.at).toMatchObject({ kind: 'censored' })
    expect(minimum(curve((_, i) => (i > 22 ? 9 : 10 - 0.1 * i)))!.at).toMatchObject({ kind: 'reached' })
  })

  test('lies between the nearest points that stand above, by the scatter of the curve', () => {
    // A kink between straight lines scatters nowhere else: the points beside the lowest stand above.
    const kink = minimum(curve((_, i) => Math.abs(i - 10)))!
    expect(kink.within).toEqual([steps[9], steps[11]])
    // Alternating by 1 about 0: third differences of 8, so 2.5·√2·8/(.6745·√20) = 9.377 must be risen.
    const zigzag = (rise: number) => minimum(curve((_, i) => (i < 23 ? (-1) ** i : rise - 1)))!.at.kind
    expect([9.3, 9.45].map(zigzag)).toEqual(['censored', 'reached'])
    // Of four points there is one third difference, 38.5: nothing stands above.
    const four = [0, 10, 0.5, 10].map((value, i) => ({ step: 2 ** i, value }))
    expect(minimum(four)!.within).toEqual([1, 8])
  })

  test('a spike that comes back is no turn, wherever it stands', () => {
    for (let spike = 10; spike < 22; spike++)
      expect(minimum(curve((_, i) => (i === spike ? 12 : 10 - 0.01 * i)))!.at.kind).toBe('censored')
  })

  test('of fewer than five points is not told', () => {
    const valley = curve((_, i) => i)
    expect(minimum(valley.slice(0, 4))!.at.kind).toBe('censored')
    expect(minimum(valley.slice(0, 5))!.at).toMatchObject({ kind: 'reached' })
  })

  test('at the first point was there or before', () => {
    expect(minimum(curve((_, i) => i))).toMatchObject({ at: { kind: 'reached', step: 20 }, lowest: 20 })
    expect(minimum([])).toBeUndefined()
  })

  test('turns by more than the error of measurement only', () => {
    const turned = (error: number) =>
      minimum(
        curve((step) => Math.abs(Math.log(step / 20_000))),
        () => error,
      )!.at.kind === 'reached'
    // The last two points stand ln(1.4)·(1.5, 2.5) or so above.
    expect(turned(0.1)).toBe(true)
    expect(turned(1)).toBe(false)
  })
})

describe('of a mean over strings', () => {
  const perString = (rise: (string: number) => number) =>
    steps.map((step, i) => {
      const values = Array.from(
        { length: 100 },
        (_, s) => 30 * Math.sin(s) + (i > 20 ? rise(s) : 0) - 0.001 * Math.min(i, 20),
      )
      return { step, value: values.reduce((sum, x) => sum + x / 100, 0), perString: values }
    })

  test('a rise that all strings share counts although strings differ by far more', () => {
    expect(pairedMinimum(perString(() => 0.5))!.at.kind).toBe('reached')
  })

  test('over a single string has no error of its own', () => {
    const single = curve((_, i) => Math.abs(i - 10)).map((point) => ({ ...point, perString: [point.value] }))
    expect(pairedMinimum(single)).toEqual(minimum(single))
    expect(pairedMinimum(single)!.at.kind).toBe('reached')
  })

  test('the same rise of the mean that one string makes does not', () => {
    expect(pairedMinimum(perString((s) => (s === 0 ? 50 : 0)))!.at.kind).toBe('censored')
  })
})

describe('noise of training', () => {
  test.each([0.02, 0.1, 0.3, 1])(
    'of %f nats about a plateau strikes in at most 5 percent of runs at any look',
    (sigma) => {
      const trials = 300
      let struck = 0
      for (let trial = 0; trial < trials; trial++) {
        const random = stream('plateau', String(sigma), trial)
        const noisy = curve((step) => 14 + 8 / (1 + (step / 400) ** 3) + sigma * noise(random))
        const looks = noisy.map((_, i) => noisy.slice(0, i + 1))
        if (looks.some((seen) => minimum(seen)!.at.kind === 'reached')) struck++
      }
      // Three standard deviations above the stated rate.
      expect(struck / trials).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / trials))
    },
  )

  test.each([0.02, 0.1])('of %f nats leaves the interval around a planted minimum', (sigma) => {
    const trials = 200
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const random = stream('valley', String(sigma), trial)
      const tau = 500 * 4 ** random()
      const { at, within } = minimum(curve((step) => 14 + Math.log(step / tau) ** 2 + sigma * noise(random)))!
      expect(at.kind).toBe('reached')
      if (within[0] <= tau && tau <= within[1]) covered++
    }
    expect(covered / trials).toBeGreaterThan(0.9)
  })
})

test('clock and stopping rule agree, on every prefix of a run', () => {
  const random = stream('agree', 'planted')
  const records = plantedLosses({ steps: [0, ...steps], tau: 700, noise: 0.05 }, random)
  for (let seen = 1; seen <= records.length; seen++) {
    const prefix = records.slice(0, seen)
    expect(testMinimum(prefix).at).toEqual(strikeOf(clocks(prefix), { kind: 'test-minimum' }))
  }
  expect(testMinimum(records).at.kind).toBe('reached')
})

test('step 0 is no minimum: a network that was never better was best before its first checkpoint', () => {
  const run = [0, 10, 20, 40, 80, 160].map((step, i) => record(step, { losses: losses({ test: i }) }))
  expect(testMinimum(run)).toMatchObject({ at: { kind: 'reached', step: 10 }, keep: 10 })
  expect(testMinimum(run.slice(0, 1)).at).toEqual({ kind: 'censored', after: 0 })
})
