import { type Clock, firstPassage, minimum } from '../clocks.js'
import type { CheckpointRecord } from '../measures/checkpoint.js'

/** What one rule says about a run: when memorisation starts, and which checkpoint to use. */
export interface Verdict {
  readonly rule: RuleName
  readonly meaning: string
  readonly clock: Clock
  /** Steps between which the rule may have fired, given the noise of what it reads; null where it has not. */
  readonly interval: readonly [number, number] | null
  /** The checkpoint that the rule keeps: the last measured one that it has nothing against. */
  readonly keep: number
}

export const RULES = {
  'test-minimum': 'the test NELBO has left its minimum',
  'train-below-entropy': 'the train NELBO is below the entropy H: it knows more than the grammar',
  bound: 'the Jensen bound M = P·exp(−train NELBO) on the copy rate passes .25',
  nearest: 'samples are nearer to training strings than held-out strings are',
  'split-half': 'two networks trained on disjoint halves agree less than they did',
  pilot: 'c·P, with c = τ_test/P of a pilot run',
} as const

export type RuleName = keyof typeof RULES

const Z95 = 1.96
/** What the Jensen bound may reach. */
const BOUND = 0.25

/** The rules that need nothing but a run's own records, which must be in order of steps. */
export function ownVerdicts(records: readonly CheckpointRecord[]): Verdict[] {
  return [testMinimum(records), trainBelowEntropy(records), jensenBound(records), nearestDivergence(records)]
}

function verdict(
  rule: RuleName,
  records: readonly CheckpointRecord[],
  clock: Clock,
  interval: readonly [number, number] | null,
): Verdict {
  const until = clock.kind === 'reached' ? clock.step : Number.POSITIVE_INFINITY
  const keep = records.filter(({ step }) => step <= until).at(-1)?.step ?? records[0]!.step
  return { rule, meaning: RULES[rule], clock, interval: clock.kind === 'reached' ? interval : null, keep }
}

/** The minimum, once some later checkpoint stands above it by more than both their errors. */
export function testMinimum(records: readonly CheckpointRecord[]): Verdict {
  const steps = records.map((record) => record.step)
  const values = records.map((record) => record.test.mean)
  const lowest = values.indexOf(Math.min(...values))
  const error = Z95 * Math.SQRT2 * records[lowest]!.test.standardError
  const near = steps.filter((_, i) => values[i]! <= values[lowest]! + error)
  const clock = minimum(steps, values, error)
  const checked = verdict('test-minimum', records, clock, [near[0]!, near.at(-1)!])
  return { ...checked, keep: steps[lowest]! }
}

export function trainBelowEntropy(records: readonly CheckpointRecord[]): Verdict {
  const below = (shift: number) =>
    records.map(({ train, floors }) => floors.entropy - train.mean + shift * train.standardError)
  return passage('train-below-entropy', records, below, 0)
}

export function jensenBound(records: readonly CheckpointRecord[]): Verdict {
  const logBound = (shift: number) =>
    records.map(
      ({ bound, train }) => Math.log(Math.max(bound, Number.MIN_VALUE)) + shift * train.standardError,
    )
  return passage('bound', records, logBound, Math.log(BOUND))
}

/** First passage of a curve, its interval that of the curve's own 95 % band. */
function passage(
  rule: RuleName,
  records: readonly CheckpointRecord[],
  curve: (shift: number) => number[],
  threshold: number,
): Verdict {
  const steps = records.map((record) => record.step)
  const at = (shift: number) => firstPassage(steps, curve(shift), threshold)
  const [clock, early, late] = [at(0), at(Z95), at(-Z95)]
  const step = (end: Clock) => (end.kind === 'reached' ? end.step : steps.at(-1)!)
  return verdict(rule, records, clock, [step(early), step(late)])
}

/**
 * KL of the nearest-string histograms of samples and held-out strings, above what two samples of one distribution show: twice
 * n·KL is nearly χ² with as many degrees of freedom as there are bins in use, less one.
 */
export function nearestDivergence(records: readonly CheckpointRecord[]): Verdict {
  const strings = 256
  const excess = (quantile: number) =>
    records.map(({ nearest, samples }) => {
      const n = Math.min(strings, samples)
      const bins = nearest.heldOut.filter((share, h) => share + nearest.sampled[h]! > 0).length - 1
      // Both histograms scatter, so the divergence is about that of two samples; Wilson and Hilferty's χ² quantile.
      const chi = bins <= 0 ? 0 : bins * (1 - 2 / (9 * bins) + quantile * Math.sqrt(2 / (9 * bins))) ** 3
      // Only towards the training strings.
      const mean = (shares: readonly number[]) => shares.reduce((sum, share, h) => sum + share * h, 0)
      return mean(nearest.sampled) < mean(nearest.heldOut) ? nearest.divergence - chi / n : -1
    })
  const steps = records.map((record) => record.step)
  const at = (quantile: number) => firstPassage(steps, excess(quantile), 0)
  const [clock, early, late] = [at(2.576), at(Z95), at(3.29)]
  const step = (end: Clock) => (end.kind === 'reached' ? end.step : steps.at(-1)!)
  return verdict('nearest', records, clock, [step(early), step(late)])
}

/** The scaling of the main paper: memorisation starts at a time proportional to P (arXiv 2505.16959). */
export function pilotRule(
  records: readonly CheckpointRecord[],
  P: number,
  pilot: { readonly P: number; readonly records: readonly CheckpointRecord[] },
): Verdict {
  const { clock, interval } = testMinimum(pilot.records)
  const scale = P / pilot.P
  const last = records.at(-1)!.step
  if (clock.kind === 'censored') return verdict('pilot', records, { kind: 'censored', after: last }, null)
  const step = clock.step * scale
  if (step > last) return verdict('pilot', records, { kind: 'censored', after: last }, null)
  return verdict('pilot', records, { kind: 'reached', step }, [interval![0] * scale, interval![1] * scale])
}

/** Disagreement of two halves per checkpoint, as a share of what they have learned; null before that. */
export interface HalfPoint {
  readonly step: number
  readonly disagreement: number | null
}

/** What counts as a rise or a fall of the disagreement. */
const RISE = 0.1

/**
 * The lowest disagreement from which it rises for good. While levels are being learned each network is ahead somewhere, and their
 * disagreement has a hump before it falls to what they share: a minimum before a fall of more than a tenth does not count.
 */
export function splitHalfRule(records: readonly CheckpointRecord[], halves: readonly HalfPoint[]): Verdict {
  const told = halves.flatMap(({ step, disagreement }) =>
    disagreement === null ? [] : [{ step, value: disagreement }],
  )
  const censored = { kind: 'censored', after: records.at(-1)!.step } as const
  let [first, peak] = [0, Number.NEGATIVE_INFINITY]
  told.forEach(({ value }, i) => {
    if (value < peak - RISE) [first, peak] = [i, value]
    peak = Math.max(peak, value)
  })
  const rest = told.slice(first)
  if (rest.length < 2) return verdict('split-half', records, censored, null)
  const [steps, values] = [rest.map((point) => point.step), rest.map((point) => point.value)]
  const lowest = Math.min(...values)
  const near = steps.filter((_, i) => values[i]! <= lowest + RISE / 2)
  return verdict('split-half', records, minimum(steps, values, RISE), [near[0]!, near.at(-1)!])
}
