import type { CheckpointRecord } from './checkpoint.js'

/** When something first happened, in optimiser steps; or, where it did not, how long it was watched. */
export type Clock =
  | { readonly kind: 'reached'; readonly step: number }
  | { readonly kind: 'censored'; readonly after: number }

/** All time scales of one run. They are different quantities; none stands for another. */
export interface Clocks {
  /** τ_ℓ for ℓ = 1..L: the acquisition score passes a threshold. */
  readonly acquisition: readonly { readonly level: number; readonly at: Readonly<Record<'0.25' | '0.5' | '0.9', Clock>> }[]
  /** τ_test: the test NELBO's minimum. */
  readonly testMinimum: Clock
  /** τ_floor: the train NELBO falls below the entropy H. */
  readonly trainBelowEntropy: Clock
  /** τ_copy: the memorised fraction ρ passes a threshold. */
  readonly copies: Readonly<Record<'0.1' | '0.25' | '0.5', Clock>>
  /** τ_bound: the Jensen bound M passes .25. */
  readonly bound: Clock
}

/** Below this node validity of the level underneath, an acquisition score says nothing. */
const TELLING = 0.05
/** The test NELBO has turned once it stands this far above its minimum, nats. */
const TURNED = 0.05

/** Reads the time scales off a run's checkpoints, which must be in order of steps. */
export function clocks(records: readonly CheckpointRecord[]): Clocks {
  const levels = records[0]?.levels ?? []
  const steps = records.map((record) => record.step)
  const passes = (values: readonly (number | null)[], threshold: number) => firstPassage(steps, values, threshold)
  return {
    acquisition: levels.map(({ level }, i) => {
      const scores = records.map((record) => {
        const below = i === 0 ? 1 : record.levels[i - 1]!.nodeValidity
        return below < TELLING ? null : record.levels[i]!.acquisition
      })
      return { level, at: { '0.25': passes(scores, 0.25), '0.5': passes(scores, 0.5), '0.9': passes(scores, 0.9) } }
    }),
    testMinimum: minimum(steps, records.map((record) => record.test.mean)),
    trainBelowEntropy: passes(records.map((record) => record.floors.entropy - record.train.mean), 0),
    copies: (() => {
      const memorised = records.map((record) => record.copies?.memorised ?? null)
      return { '0.1': passes(memorised, 0.1), '0.25': passes(memorised, 0.25), '0.5': passes(memorised, 0.5) }
    })(),
    bound: passes(records.map((record) => record.bound), 0.25),
  }
}

/** First upward passage through a threshold, interpolated linearly in ln step; nulls are skipped. */
export function firstPassage(steps: readonly number[], values: readonly (number | null)[], threshold: number): Clock {
  let before: { step: number; value: number } | undefined
  for (let i = 0; i < steps.length; i++) {
    const value = values[i]
    if (value === null || value === undefined) continue
    const step = steps[i]!
    if (value >= threshold) {
      if (!before || before.step === 0) return { kind: 'reached', step }
      const share = (threshold - before.value) / (value - before.value)
      return { kind: 'reached', step: before.step * (step / before.step) ** share }
    }
    before = { step, value }
  }
  return { kind: 'censored', after: steps.at(-1) ?? 0 }
}

/** Minimum of a curve, refined by a parabola in ln step through its lowest point and the two beside it. */
export function minimum(steps: readonly number[], values: readonly number[]): Clock {
  const lowest = values.indexOf(Math.min(...values))
  const turned = values.slice(lowest + 1).some((value) => value > values[lowest]! + TURNED)
  if (!turned) return { kind: 'censored', after: steps.at(-1) ?? 0 }
  if (lowest === 0 || steps[lowest - 1] === 0) return { kind: 'reached', step: steps[lowest]! }
  const [x0, x1, x2] = [-1, 0, 1].map((i) => Math.log(steps[lowest + i]!)) as [number, number, number]
  const [y0, y1, y2] = [-1, 0, 1].map((i) => values[lowest + i]!) as [number, number, number]
  const left = (y1 - y0) / (x1 - x0)
  const right = (y2 - y1) / (x2 - x1)
  const curvature = (right - left) / (x2 - x0)
  const vertex = curvature > 0 ? (x0 + x1) / 2 - left / (2 * curvature) : x1
  return { kind: 'reached', step: Math.exp(Math.min(x2, Math.max(x0, vertex))) }
}

/** Where a clock stands, or undefined where it was not reached. */
export function reachedStep(clock: Clock): number | undefined {
  return clock.kind === 'reached' ? clock.step : undefined
}
