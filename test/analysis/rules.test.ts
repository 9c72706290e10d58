import { describe, expect, test } from 'vitest'
import type { NearestDistances } from '../../analysis/measures/nearest.js'
import type { CheckpointRecord } from '../../analysis/record.js'
import {
  jensenBound,
  nearestDivergence,
  pilotRule,
  splitHalfRule,
  testMinimum,
  trainBelowFloor,
  type Verdict,
} from '../../analysis/stopping/rules.js'
import { reachedStep } from '../../analysis/strike.js'
import { stream } from '../../common/random.js'
import { normal, plantedLosses } from '../reference/planted.js'
import { copies, record } from './records.js'

const steps = [0, ...Array.from({ length: 24 }, (_, i) => Math.round(20 * 1600 ** (i / 23)))]

/** What every rule that reads losses says about a run whose clocks are all at tau. */
function said(tau: number, noise: number, seed: string): Verdict[] {
  const random = stream(seed, 'rules')
  const records = plantedLosses({ steps, tau, noise }, random)
  const pilot = plantedLosses({ steps, tau: tau / 4, noise }, random)
  return [
    testMinimum(records),
    trainBelowFloor(records),
    jensenBound(records),
    pilotRule(records, 400, { P: 100, records: pilot }),
  ]
}

describe('rules that read losses', () => {
  test('find a planted time to a few per cent, and keep a checkpoint around it', () => {
    for (const { at, keep } of said(900, 0, 'exact')) {
      expect(Math.abs(Math.log(reachedStep(at)! / 900))).toBeLessThan(0.1)
      expect(Math.abs(Math.log(keep / 900))).toBeLessThan(Math.log(1600) / 23)
    }
  })

  test.each([0.02, 0.1, 0.3])(
    'hold it in at least 95 per cent of their intervals, with %f nats of noise',
    (noise) => {
      const trials = 100
      const covered = new Map<string, number>()
      for (let trial = 0; trial < trials; trial++) {
        const tau = 300 * 8 ** stream('tau', 'planted', trial)()
        for (const { rule, at, interval } of said(tau, noise, `${noise}/${trial}`)) {
          expect(at.kind).toBe('reached')
          const [low, high] = interval!
          covered.set(rule, (covered.get(rule) ?? 0) + (low <= tau && tau <= high ? 1 : 0))
          expect(high / low).toBeLessThan(noise > 0.2 ? 40 : 10)
        }
      }
      // Three standard deviations below.
      for (const count of covered.values()) expect(count / trials).toBeGreaterThan(0.88)
    },
  )

  test('say nothing about a run that only gets better, and keep its last checkpoint', () => {
    const random = stream('better', 'rules')
    const better = plantedLosses({ steps, tau: 1e6, noise: 0.02 }, random)
    for (const { at, interval, keep } of [testMinimum, trainBelowFloor, jensenBound].map((rule) =>
      rule(better),
    )) {
      expect(at.kind).toBe('censored')
      expect(interval).toBeNull()
      expect(keep).toBe(steps.at(-1))
    }
  })

  test('compare the training loss with what its own strings cost, not with the entropy', () => {
    // Strings that are likelier than the average cost a generaliser less than H = 10.
    const records = plantedLosses({ steps, tau: 900, noise: 0 }, stream('floor', 'rules')).map((whole) => ({
      ...whole,
      losses: { ...whole.losses!, floors: { ...whole.losses!.floors, train: 8 } },
    }))
    // The train NELBO falls by 2 nats per e-fold: it is 8 at e·tau.
    expect(reachedStep(trainBelowFloor(records).at)! / (900 * Math.E)).toBeCloseTo(1, 1)
  })
})

describe('nearest', () => {
  /** Distances of n samples and n held-out strings that are 0, 1, … 4 tokens from the nearest training string. */
  const distances = (sampled: readonly number[], heldOut: readonly number[]): NearestDistances => {
    const mean = (shares: readonly number[]) => shares.reduce((sum, share, h) => sum + share * h, 0)
    return {
      strings: 256,
      sampled: [...sampled],
      heldOut: [...heldOut],
      divergence: mean(heldOut) - mean(sampled),
    } as NearestDistances
  }
  const heldOut = [0, 0.1, 0.3, 0.4, 0.2]
  const run = (of: (i: number) => readonly number[]): CheckpointRecord[] =>
    steps.map((step, i) => record(step, { nearest: distances(of(i), heldOut), copies: copies(0) }))

  test('fires where samples come nearer than held-out strings are, and keeps the checkpoint before', () => {
    const verdict = nearestDivergence(run((i) => (i < 15 ? heldOut : [0.2, 0.2, 0.3, 0.2, 0.1])))
    expect(verdict.at).toMatchObject({ kind: 'reached' })
    expect(verdict.keep).toBe(steps[14])
  })

  test('does not fire where samples are as near, nor where they are farther away', () => {
    expect(nearestDivergence(run(() => heldOut)).at.kind).toBe('censored')
    expect(nearestDivergence(run(() => [0, 0, 0.1, 0.3, 0.6])).at.kind).toBe('censored')
  })

  test('fires at a difference of 4.2 standard errors and not at one of 2.5', () => {
    // Of 256 and 256 strings, distances 0 and 1 at rates ½ ± x: the error of the difference is √(2·256·.25) = 11.3 tokens.
    const verdict = (excess: number) => {
      const x = excess / 512
      const half = [0.5 - x, 0.5 + x]
      return nearestDivergence(
        steps.map((step) =>
          record(step, { nearest: distances([0.5 + x, 0.5 - x], half), copies: copies(0) }),
        ),
      ).at.kind
    }
    expect(verdict(4.2 * 11.3)).toBe('reached')
    expect(verdict(2.5 * 11.3)).toBe('censored')
  })
})

describe('split halves', () => {
  const records = steps.map((step) => record(step, {}))
  const hump = (step: number) => 0.5 * Math.exp(-(Math.log(step / 60) ** 2))
  /** Disagreement with a hump while levels are learned, lowest about tau; strings scatter by `own`, checkpoints by `noise`. */
  const halves = (tau: number, noise: number, own: number, seed: string) => {
    const random = stream(seed, 'halves')
    const strings = Array.from({ length: 128 }, () => own * normal(random))
    const level = strings.reduce((sum, x) => sum + x / 128, 0)
    return steps.map((step) => {
      const value = 0.2 + hump(step) + 0.05 * Math.log(step / tau) ** 2 + noise * normal(random)
      return {
        step,
        disagreement: step < 20 ? null : value,
        perString: strings.map((x) => value + x - level),
      }
    })
  }

  test('look for the rise that lasts, behind the hump of learning', () => {
    const verdict = splitHalfRule(records, halves(1000, 0, 0.3, 'exact'))
    expect(verdict.at).toMatchObject({ kind: 'reached', step: expect.closeTo(1000, -2.5) })
    expect(verdict.interval![0]).toBeGreaterThan(100)
    const falling = halves(1e9, 0, 0.3, 'falling')
    expect(splitHalfRule(records, falling).at.kind).toBe('censored')
  })

  test.each([0.005, 0.02])(
    'hold the planted time in at least 95 per cent of their intervals, with noise %f',
    (noise) => {
      const trials = 100
      let covered = 0
      for (let trial = 0; trial < trials; trial++) {
        const tau = 600 * 3 ** stream('tau', 'halves', trial)()
        const { interval, at } = splitHalfRule(records, halves(tau, noise, 0.3, `${noise}/${trial}`))
        if (at.kind === 'censored' || (interval![0] <= tau && tau <= interval![1])) covered++
      }
      expect(covered / trials).toBeGreaterThan(0.88)
    },
  )
})
