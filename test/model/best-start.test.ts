import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { bestStart } from '../../model/processes/uniform/best-start.js'
import { uniformSchedule } from '../../model/processes/uniform/chain.js'
import { chainOf } from '../reference/uniform-chain.js'

const scheduleOf = (steps: number, first = 0.2, last = 0.6) =>
  uniformSchedule({ kind: 'uniform', steps, first, last })
const shares = (values: readonly number[]) => {
  const total = values.reduce((sum, value) => sum + value, 0)
  return values.map((value) => value / total)
}
/** What is found from a beginning that is uniform over what is expected at all, or from another. */
function found(
  schedule: ReturnType<typeof scheduleOf>,
  weights: readonly number[],
  current: number,
  from?: readonly number[],
): number[] {
  const V = weights.length / (schedule.alpha.length - 1)
  const start = Float64Array.from(from ?? shares(weights.slice(-V).map((weight) => Math.sign(weight))))
  bestStart(schedule, Float64Array.from(weights), current, start)
  return [...start]
}
const close = (values: readonly number[], digits = 8) => values.map((value) => expect.closeTo(value, digits))

describe('the best probabilities of x_0 at one place', () => {
  // p_1(a) ∝ stay_a·p(a), and Σ w(a)·(−ln p_1(a)) is least where p_1 is w: p(a) ∝ w(a)/stay_a.
  test.each([
    [0, [1, 2, 3, 4]],
    [3, [1, 2, 3, 4]],
    // From nearly all to nearly nothing: the sum does not bend upwards where they begin.
    [1, [1, 1000, 1, 1]],
    [2, [100, 100, 1, 100]],
    [2, [5, 0, 7, 0]],
    [1, [1, 1000, 0, 1]],
  ])('are w over what stays for a chain of one step, x = %d and w = %j', (current, weights) => {
    const stay = weights.map((_, a) => (a === current ? 0.4 : 0) + 0.6 / 4)
    const expected = shares(weights.map((w, a) => w / stay[a]!))
    expect(found(scheduleOf(1), weights, current)).toEqual(close(expected))
    const from = shares([1, 9, 3, 5].map((p, a) => p * Math.sign(weights[a]!)))
    expect(found(scheduleOf(1), weights, current, from)).toEqual(close(expected))
  })

  // The same of ᾱ_1·p(a) + (1 − ᾱ_1)/V where the second step alone has weight.
  test('are that, less what is noise already, for a later step of a longer chain', () => {
    const weights = [10, 2, 2.5, 4]
    const schedule = scheduleOf(2, 0.3, 0.5)
    const stay = weights.map((_, a) => (a === 0 ? 0.5 : 0) + 0.5 / 4)
    const before = shares(weights.map((w, a) => w / stay[a]!))
    const expected = before.map((q) => (q - 0.3 / 4) / 0.7)
    expect(found(schedule, [0, 0, 0, 0, ...weights], 0)).toEqual(close(expected))
    // A time that is less likely than 10⁻¹⁴ changes nothing, whatever it is for.
    expect(found(schedule, [1e-15, 0, 0, 0, ...weights], 0)).toEqual(close(expected))
  })

  test('are next to none for a token that is worth less than its noise, and best for the rest', () => {
    const [weights, kept, current] = [[0.01, 2, 3, 2], 0.7, 1]
    const cost = (p: readonly number[]) => {
      const stay = (a: number) => (a === current ? 0.5 : 0) + 0.5 / 4
      const step = shares(p.map((value, a) => stay(a) * (kept * value + (1 - kept) / 4)))
      return -weights.reduce((sum, w, a) => sum + w * Math.log(step[a]!), 0)
    }
    const best = found(scheduleOf(2, 1 - kept, 0.5), [0, 0, 0, 0, ...weights], current)
    expect(best[0]).toBeCloseTo(0, 8)
    expect(shares(best)).toEqual(close(best, 12))
    // Moving a little from one to another never helps.
    for (const by of [1e-2, 1e-4])
      for (let a = 0; a < 4; a++)
        for (let b = 0; b < 4; b++) {
          const moved = best.map((p, c) => p + (c === a ? by : 0) - (c === b ? by : 0))
          if (Math.min(...moved) >= 0) expect(cost(moved)).toBeGreaterThan(cost(best) - 1e-9)
        }
  })

  test('of two tokens are as good as the best of 400 on a line, whatever the times weigh', () => {
    const random = stream('two tokens', 'test')
    for (let trial = 0; trial < 40; trial++) {
      const config = {
        kind: 'uniform',
        steps: 1 + (trial % 5),
        first: 0.1 + 0.3 * random(),
        last: 0.9 * random() + 0.05,
      } as const
      const schedule = uniformSchedule(config)
      // Weights over four powers of ten.
      const weights = Array.from({ length: 2 * config.steps }, () => 10 ** (4 * random()))
      const [current, start] = [trial % 2, random()]
      const chain = config.steps === 1 ? undefined : chainOf(config, 2)
      const cost = (p: number) =>
        Array.from({ length: config.steps }, (_, i) => i + 1).reduce((sum, t) => {
          const stay = [0, 1].map(
            (a) => (a === current ? schedule.alpha[t]! : 0) + (1 - schedule.alpha[t]!) / 2,
          )
          const direct = shares([p, 1 - p].map((value, a) => stay[a]! * value))
          const step = chain ? chain.back(t, current, [p, 1 - p]) : direct
          return sum - [0, 1].reduce((all, a) => all + weights[2 * (t - 1) + a]! * Math.log(step[a]!), 0)
        }, 0)
      const [best, other] = found(schedule, weights, current, [start, 1 - start])
      expect(best! + other!).toBeCloseTo(1, 12)
      const least = Math.min(...Array.from({ length: 399 }, (_, i) => cost((i + 1) / 400)))
      expect(cost(best!)).toBeLessThanOrEqual(least + 1e-9 * Math.abs(least))
    }
  })
})
