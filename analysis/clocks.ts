import type { CheckpointRecord } from './record.js'

/** When something first happened, in optimiser steps; or, where it did not, how long it was watched. */
export type Strike =
  | { readonly kind: 'reached'; readonly step: number }
  | { readonly kind: 'censored'; readonly after: number }

/** A time scale of a run. They are different quantities; none stands for another. */
export type Clock =
  /** τ_ℓ: the acquisition score of a level passes a threshold. */
  | { readonly kind: 'acquisition'; readonly level: number; readonly threshold: number }
  /** τ_test: the test NELBO's minimum. */
  | { readonly kind: 'test-minimum' }
  /** τ_floor: the train NELBO falls below the entropy H. */
  | { readonly kind: 'train-below-entropy' }
  /** τ_oracle: the memoriser comes nearer to the network than the denoiser of any depth. */
  | { readonly kind: 'memoriser-nearest' }
  /** τ_copy: the memorised fraction ρ passes a threshold. */
  | { readonly kind: 'copies'; readonly threshold: number }
  /** τ_bound: the Jensen bound M passes .25. */
  | { readonly kind: 'jensen-bound' }

/** What a clock of a run says. */
export interface Reading {
  readonly clock: Clock
  readonly at: Strike
}

const ACQUISITION_THRESHOLDS = [0.25, 0.5, 0.9]
const COPY_THRESHOLDS = [0.1, 0.25, 0.5]
/** An acquisition score says nothing while fewer of the nodes underneath are valid, or fewer blocks were counted. */
const TELLING = { validity: 0.05, blocks: 50 } as const
/** The test NELBO has turned once it stands this far above its minimum, nats. */
const TURNED = 0.05
const JENSEN = 0.25

/**
 * Reads the time scales off a run's checkpoints, which must be in order of steps. A clock whose measure no checkpoint has is
 * absent.
 *
 * @example
 * ```ts
 * import { clocks, headline, label } from 'pcfg-diffusion/analysis'
 *
 * const record = (step: number, memorised: number) => {
 *   const copies = { rate: memorised, interval: [0, 1] as [number, number], samples: 100, memorised }
 *   return { step, versions: {}, copies }
 * }
 * const readings = headline(clocks([record(100, 0), record(200, 0.1), record(800, 0.4), record(1000, 0.4)]))
 * readings.map(({ clock }) => label(clock)) // → ["τ_copy"]
 * // ρ = .25 is half-way from .1 to .4: the geometric mean of 200 and 800.
 * readings[0].at // → {"kind": "reached", "step": 400.0}
 * ```
 */
export function clocks(records: readonly CheckpointRecord[]): Reading[] {
  /** A clock on the checkpoints that have what it reads. */
  const reading = (
    clock: Clock,
    read: (record: CheckpointRecord) => number | null | undefined,
    strike: (steps: readonly number[], values: readonly (number | null)[]) => Strike,
  ): Reading[] => {
    const curve = records.flatMap((record) => {
      const value = read(record)
      return value === undefined ? [] : [{ step: record.step, value }]
    })
    if (curve.length === 0) return []
    const steps = curve.map(({ step }) => step)
    return [
      {
        clock,
        at: strike(
          steps,
          curve.map(({ value }) => value),
        ),
      },
    ]
  }
  const passage = (clock: Clock, read: Parameters<typeof reading>[1], threshold: number) =>
    reading(clock, read, (steps, values) => firstPassage(steps, values, threshold))
  const depth = Math.max(0, ...records.map(({ levels }) => levels?.length ?? 0))
  return [
    ...Array.from({ length: depth }, (_, i) =>
      ACQUISITION_THRESHOLDS.flatMap((threshold) =>
        passage(
          { kind: 'acquisition', level: i + 1, threshold },
          (record) => tellingScore(record, i),
          threshold,
        ),
      ),
    ).flat(),
    ...reading(
      { kind: 'test-minimum' },
      ({ losses }) => losses?.test.mean,
      (steps, values) => minimum(steps, values as number[]),
    ),
    ...passage({ kind: 'train-below-entropy' }, ({ losses }) => belowEntropy(losses), 0),
    ...passage(
      { kind: 'memoriser-nearest' },
      ({ oracles }) =>
        oracles && (oracles.memoriser === null ? null : Math.min(...oracles.bayes) - oracles.memoriser),
      0,
    ),
    ...COPY_THRESHOLDS.flatMap((threshold) =>
      passage({ kind: 'copies', threshold }, ({ copies }) => copies?.memorised, threshold),
    ),
    ...passage({ kind: 'jensen-bound' }, ({ losses }) => losses?.jensenBound, JENSEN),
  ]
}

/** How far the train NELBO lies below the entropy, nats. */
function belowEntropy(losses: CheckpointRecord['losses']): number | undefined {
  const entropy = losses?.floors.entropy
  return entropy === undefined ? undefined : entropy - losses!.train.mean
}

/** The acquisition score of level i + 1, where it tells anything. */
function tellingScore({ levels }: CheckpointRecord, i: number): number | null | undefined {
  if (!levels?.[i]) return undefined
  const below = i === 0 ? 1 : levels[i - 1]!.nodeValidity
  const { acquisition, acquisitionTrials } = levels[i]!
  return below < TELLING.validity || acquisitionTrials < TELLING.blocks ? null : acquisition
}

/** The clocks that tables and figures list, of those that are there, in the order in which they usually strike. */
export function headline(readings: readonly Reading[]): Reading[] {
  const HEADLINE = { acquisition: 0.5, copies: 0.25 }
  return readings.filter(({ clock }) => !('threshold' in clock) || clock.threshold === HEADLINE[clock.kind])
}

/** How a clock is written, such as τ_1 or τ_test; thresholds are not told apart. */
export function label(clock: Clock): string {
  return clock.kind === 'acquisition' ? `τ_${clock.level}` : WRITTEN[clock.kind].label
}

/** What has happened when a clock strikes, in words. */
export function meaning(clock: Clock): string {
  const passes = 'threshold' in clock ? ` passes ${String(clock.threshold).replace(/^0/, '')}` : ''
  if (clock.kind === 'acquisition') return `level ${clock.level} acquired: q_${clock.level}${passes}`
  return WRITTEN[clock.kind].meaning + passes
}

const WRITTEN: Readonly<Record<Exclude<Clock['kind'], 'acquisition'>, { label: string; meaning: string }>> = {
  'test-minimum': { label: 'τ_test', meaning: 'minimum of the test NELBO' },
  'train-below-entropy': { label: 'τ_floor', meaning: 'train NELBO falls below the entropy H' },
  'memoriser-nearest': {
    label: 'τ_oracle',
    meaning: 'the memoriser comes nearer than the Bayes denoiser of any depth',
  },
  copies: { label: 'τ_copy', meaning: 'memorised fraction ρ' },
  'jensen-bound': { label: 'τ_bound', meaning: 'Jensen bound M passes .25' },
}

/** Whether two clocks are one: kind, level and threshold agree. */
export function sameClock(a: Clock, b: Clock): boolean {
  const parts = ({ kind, ...rest }: Clock) => ({ level: 0, threshold: 0, ...rest, kind })
  const [p, q] = [parts(a), parts(b)]
  return p.kind === q.kind && p.level === q.level && p.threshold === q.threshold
}

/** What a clock of a run says; undefined where the run has no such clock. */
export function strikeOf(readings: readonly Reading[], clock: Clock): Strike | undefined {
  return readings.find((reading) => sameClock(reading.clock, clock))?.at
}

/**
 * First upward passage through a threshold that the next checkpoint confirms, interpolated linearly in ln step.
 * What is not known is skipped; a passage at the very last checkpoint needs no confirmation.
 *
 * @example
 * ```ts
 * import { firstPassage } from 'pcfg-diffusion/analysis'
 *
 * firstPassage([100, 400, 1600], [0.25, 0.75, 0.9], 0.5) // → {"kind": "reached", "step": 200.0}
 * // The next checkpoint takes it back.
 * firstPassage([100, 400, 1600], [0.25, 0.75, 0.3], 0.5) // → {"kind": "censored", "after": 1600}
 * ```
 */
export function firstPassage(
  steps: readonly number[],
  values: readonly (number | null | undefined)[],
  threshold: number,
): Strike {
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
export function minimum(steps: readonly number[], values: readonly number[], rise = TURNED): Strike {
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
export function reachedStep(at: Strike | undefined): number | undefined {
  return at?.kind === 'reached' ? at.step : undefined
}
