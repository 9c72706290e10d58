import { lossMinimum } from './minimum.js'
import type { CheckpointRecord } from './record.js'
import { firstPassage, type Strike } from './strike.js'

/** A time scale of a run. They are different quantities; none stands for another. */
export type Clock =
  /** τ_ℓ: the acquisition score of a level passes a threshold. */
  | { readonly kind: 'acquisition'; readonly level: number; readonly threshold: number }
  /** τ_test: the test NELBO's minimum. */
  | { readonly kind: 'test-minimum' }
  /** τ_floor: the train NELBO falls below the floor of its strings, which no generaliser does. */
  | { readonly kind: 'train-below-floor' }
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
/** What the Jensen bound M may reach, for clock and stopping rule alike. */
export const JENSEN = 0.25

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
  const passage = (
    clock: Clock,
    read: (record: CheckpointRecord) => number | null | undefined,
    threshold: number,
  ): Reading[] => {
    const curve = records.flatMap((record) => {
      const value = read(record)
      return value === undefined ? [] : [{ step: record.step, value }]
    })
    if (curve.length === 0) return []
    const [steps, values] = [curve.map(({ step }) => step), curve.map(({ value }) => value)]
    return [{ clock, at: firstPassage(steps, values, threshold) }]
  }
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
    ...testMinimum(records),
    ...passage({ kind: 'train-below-floor' }, ({ losses }) => belowFloor(losses), 0),
    ...passage(
      { kind: 'memoriser-nearest' },
      ({ oracles }) =>
        oracles && (oracles.memoriser === null ? null : Math.min(...oracles.bayesThere!) - oracles.memoriser),
      0,
    ),
    ...COPY_THRESHOLDS.flatMap((threshold) =>
      passage({ kind: 'copies', threshold }, ({ copies }) => copies?.memorised, threshold),
    ),
    ...passage({ kind: 'jensen-bound' }, ({ losses }) => losses?.jensenBound, JENSEN),
  ]
}

/** Absent where no checkpoint has losses; not reached where only step 0 has. */
function testMinimum(records: readonly CheckpointRecord[]): Reading[] {
  if (!records.some(({ losses }) => losses)) return []
  const at = lossMinimum(records)?.at ?? { kind: 'censored', after: 0 }
  return [{ clock: { kind: 'test-minimum' }, at }]
}

/** How far the train NELBO lies below the floor of its strings, nats; undefined where that is not known. */
export function belowFloor(losses: CheckpointRecord['losses']): number | undefined {
  const floor = losses?.floors.train
  return floor === undefined ? undefined : floor - losses!.train.mean
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
  'train-below-floor': {
    label: 'τ_floor',
    meaning: 'train NELBO falls below what a perfect generaliser loses on its strings',
  },
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
