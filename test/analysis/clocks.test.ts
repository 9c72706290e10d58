import { describe, expect, test } from 'vitest'
import { firstPassage, minimum } from '../../analysis/clocks.js'
import { fitPowerLaw } from '../../analysis/laws/power-law.js'
import { stream } from '../../common/random.js'

const steps = Array.from({ length: 40 }, (_, i) => Math.round(10 * 1.2 ** i))

describe('clocks recover planted times (law 14)', () => {
  test.each([37, 400, 5000])('a sigmoid in ln step crosses one half at %i', (tau) => {
    const values = steps.map((step) => 1 / (1 + (tau / step) ** 2))
    const clock = firstPassage(steps, values, 0.5)
    expect(clock.kind === 'reached' && clock.step / tau).toBeCloseTo(1, 2)
  })

  test.each([60, 700, 4000])('a valley in ln step has its minimum at %i', (tau) => {
    const values = steps.map((step) => 3 + 0.4 * Math.log(step / tau) ** 2)
    const clock = minimum(steps, values)
    expect(clock.kind === 'reached' && clock.step / tau).toBeCloseTo(1, 2)
  })

  test('what was not reached is censored, not a number', () => {
    expect(
      firstPassage(
        steps,
        steps.map(() => 0.3),
        0.5,
      ),
    ).toEqual({ kind: 'censored', after: steps.at(-1) })
    expect(
      minimum(
        steps,
        steps.map((_, i) => 10 - 0.1 * i),
      ),
    ).toEqual({ kind: 'censored', after: steps.at(-1) })
    expect(
      minimum(
        steps,
        steps.map((_, i) => (i === 20 ? 4.99 : 5)),
      ),
    ).toMatchObject({ kind: 'censored' })
  })

  test('a single blip that the next checkpoint does not confirm does not strike', () => {
    const values = steps.map((step, i) => (i === 5 ? 0.9 : 1 / (1 + (1000 / step) ** 2)))
    const clock = firstPassage(steps, values, 0.5)
    expect(clock.kind === 'reached' && clock.step / 1000).toBeCloseTo(1, 1)
  })

  test('checkpoints without a value are skipped', () => {
    expect(firstPassage([1, 10, 100, 1000], [null, 0, null, 1], 0.5)).toMatchObject({
      kind: 'reached',
      step: expect.closeTo(100, 6),
    })
  })
})

describe('power laws', () => {
  const planted = (exponent: number, seeds: number, trial: number) => {
    const random = stream('fit', `${exponent}/${seeds}`, trial)
    const noise = () => 0.3 * (random() + random() + random() + random() - 2)
    return [64, 128, 256, 512].flatMap((x) =>
      Array.from({ length: seeds }, () => ({ x, y: 3 * x ** exponent * Math.exp(noise()) })),
    )
  }

  test.each([1, 3])(
    'hold the planted exponent in about 95 %% of their intervals, %d runs per point',
    (seeds) => {
      const trials = 150
      let [covered, width] = [0, 0]
      for (let trial = 0; trial < trials; trial++) {
        const { interval } = fitPowerLaw(planted(0.8, seeds, trial), 'seed')!
        if (interval![0] <= 0.8 && 0.8 <= interval![1]) covered++
        width += (interval![1] - interval![0]) / trials
      }
      expect(covered / trials).toBeGreaterThan(0.88)
      expect(width).toBeLessThan(seeds === 1 ? 1 : 0.3)
    },
  )

  test('of exact data is exact', () => {
    const fit = fitPowerLaw(
      [
        { x: 1, y: 3 },
        { x: 2, y: 6 },
        { x: 8, y: 24 },
      ],
      'seed',
    )!
    expect(fit.exponent).toBeCloseTo(1, 12)
    expect(Math.exp(fit.intercept)).toBeCloseTo(3, 12)
  })

  test('need two values of x, and three points for an interval', () => {
    expect(
      fitPowerLaw(
        [
          { x: 2, y: 1 },
          { x: 2, y: 3 },
        ],
        'seed',
      ),
    ).toBeUndefined()
    expect(
      fitPowerLaw(
        [
          { x: 2, y: 1 },
          { x: 4, y: 3 },
        ],
        'seed',
      )!.interval,
    ).toBeNull()
  })
})
