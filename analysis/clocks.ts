import type { CheckpointRecord } from './measures/checkpoint.js'

/** When something first happened, in optimiser steps; or, where it did not, how long it was watched. */
export type Clock =
  | { readonly kind: 'reached'; readonly step: number }
  | { readonly kind: 'censored'; readonly after: number }

/** All time scales of one run. They are different quantities; none stands for another. */
export interface Clocks {
  /** τ_ℓ for ℓ = 1..L: the acquisition score passes a threshold. */
  readonly acquisition: readonly {
    readonly level: number
    readonly at: Readonly<Record<'0.25' | '0.5' | '0.9', Clock>>
  }[]
  /** τ_test: the test NELBO's minimum. */
  readonly testMinimum: Clock
  /** τ_floor: the train NELBO falls below the entropy H. */
  readonly trainBelowEntropy: Clock
  /** τ_oracle: the memoriser comes nearer to the network than the denoiser of any depth. */
  readonly memoriserNearest: Clock
  /** τ_copy: the memorised fraction ρ passes a threshold. */
  readonly copies: Readonly<Record<'0.1' | '0.25' | '0.5', Clock>>
  /** τ_bound: the Jensen bound M passes .25. */
  readonly bound: Clock
}

/** An acquisition score says nothing while fewer of the nodes underneath are valid, or fewer blocks were counted. */
const TELLING = { validity: 0.05, blocks: 50 } as const
/** The test NELBO has turned once it stands this far above its minimum, nats. */
const TURNED = 0.05

/** Reads the time scales off a run's checkpoints, which must be in order of steps. */
export function clocks(records: readonly CheckpointRecord[]): Clocks {
  const levels = records[0]?.levels ?? []
  const steps = records.map((record) => record.step)
  const passes = (values: readonly (number | null)[], threshold: number) =>
    firstPassage(steps, values, threshold)
  return {
    acquisition: levels.map(({ level }, i) => {
      const scores = records.map((record) => {
        const below = i === 0 ? 1 : record.levels[i - 1]!.nodeValidity
        const { acquisition, acquisitionTrials } = record.levels[i]!
        return below < TELLING.validity || acquisitionTrials < TELLING.blocks ? null : acquisition
      })
      return {
        level,
        at: { '0.25': passes(scores, 0.25), '0.5': passes(scores, 0.5), '0.9': passes(scores, 0.9) },
      }
    }),
    testMinimum: minimum(
      steps,
      records.map((record) => record.test.mean),
    ),
    trainBelowEntropy: passes(
      records.map((record) => record.floors.entropy - record.train.mean),
      0,
    ),
    memoriserNearest: passes(
      records.map(({ oracles }) =>
        oracles === null || oracles.memoriser === null
          ? null
          : Math.min(...oracles.bayes) - oracles.memoriser,
      ),
      0,
    ),
    copies: (() => {
      const memorised = records.map((record) => record.copies?.memorised ?? null)
      return { '0.1': passes(memorised, 0.1), '0.25': passes(memorised, 0.25), '0.5': passes(memorised, 0.5) }
    })(),
    bound: passes(
      records.map((record) => record.bound),
      0.25,
    ),
  }
}

/**
 * First upward passage through a threshold that the next checkpoint confirms, interpolated linearly in ln step.
 * Nulls are skipped; a passage at the very last checkpoint needs no confirmation.
 */
export function firstPassage(
  steps: readonly number[],
  values: readonly (number | null)[],
  threshold: number,
): Clock {
  const curve = steps.flatMap((step, i) => {
    const value = values[i]
    return value === null || value === undefined ? [] : [{ step, value }]
  })
  const at = curve.findIndex(
    ({ value }, i) => value >= threshold && (curve[i + 1]?.value ?? value) >= threshold,
  )
  if (at < 0) return { kind: 'censored', after: steps.at(-1) ?? 0 }
  const [before, after] = [curve[at - 1], curve[at]!]
  if (!before || before.step === 0 || before.value >= threshold) return { kind: 'reached', step: after.step }
  const share = (threshold - before.value) / (after.value - before.value)
  return { kind: 'reached', step: before.step * (after.step / before.step) ** share }
}

/**
 * Minimum of a curve, refined by a parabola in ln step through its lowest point and the two beside it.
 *
 * @param rise how far above it some later value must stand
 */
export function minimum(steps: readonly number[], values: readonly number[], rise = TURNED): Clock {
  const lowest = values.indexOf(Math.min(...values))
  const turned = values.slice(lowest + 1).some((value) => value > values[lowest]! + rise)
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
