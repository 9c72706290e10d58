import { Z95 } from '../../common/statistics.js'
import { belowFloor, JENSEN } from '../clocks.js'
import { lossMinimum, type Minimum, pairedMinimum } from '../minimum.js'
import type { CheckpointRecord } from '../record.js'
import { scatterOf } from '../scatter.js'
import { firstPassage, type Strike } from '../strike.js'
import { nearerEvidence } from './nearer.js'
import type { HalfPoint } from './split-half.js'

/** What one rule says about a run: when memorisation starts, and which checkpoint to use. */
export interface Verdict {
  readonly rule: RuleName
  readonly meaning: string
  /** When memorisation starts. */
  readonly at: Strike
  /** Steps between which the rule may have fired, given the noise of what it reads; null where it has not. */
  readonly interval: readonly [number, number] | null
  /** The checkpoint that the rule keeps: the last measured one that it has nothing against. */
  readonly keep: number
}

export const RULES = {
  'test-minimum': 'the test NELBO has left its minimum',
  'train-below-floor':
    'the train NELBO is below what a perfect generaliser loses on its strings: it knows more than the grammar',
  bound: 'the Jensen bound M = P·exp(−train NELBO) on the copy rate passes .25',
  nearest: 'samples are nearer to training strings than held-out strings are',
  'split-half': 'two networks trained on disjoint halves agree less than they did',
  pilot: 'c·P, with c = τ_test/P of a pilot run',
} as const

/**
 * A stopping rule.
 *
 * @useDeclaredType
 */
export type RuleName = keyof typeof RULES

type Rule = (records: readonly CheckpointRecord[]) => Verdict

/** Rules that need nothing but a run's own records, each with what every record must have. */
const OWN: readonly (readonly [Rule, (record: CheckpointRecord) => unknown])[] = [
  [testMinimum, ({ losses }) => losses],
  [trainBelowFloor, ({ losses }) => belowFloor(losses)],
  [jensenBound, ({ losses }) => losses],
  [nearestDivergence, ({ nearest }) => nearest],
]

/** What the rules say that a run's records, which must be in order of steps, suffice for. */
export function ownVerdicts(records: readonly CheckpointRecord[]): Verdict[] {
  return OWN.flatMap(([rule, has]) =>
    records.every((record) => has(record) !== undefined) ? [rule(records)] : [],
  )
}

function verdict(
  rule: RuleName,
  records: readonly CheckpointRecord[],
  at: Strike,
  interval: readonly [number, number] | null,
): Verdict {
  const until = at.kind === 'reached' ? at.step : Number.POSITIVE_INFINITY
  const keep = records.filter(({ step }) => step <= until).at(-1)?.step ?? records[0]!.step
  return { rule, meaning: RULES[rule], at, interval: at.kind === 'reached' ? interval : null, keep }
}

/** The minimum of the test NELBO, once it has turned: the clock τ_test, and its lowest checkpoint. */
export function testMinimum(records: readonly CheckpointRecord[]): Verdict {
  return atMinimum('test-minimum', records, lossMinimum(records))
}

/** A curve's minimum as a verdict; it keeps the lowest checkpoint, whether or not the curve has turned. */
function atMinimum(
  rule: RuleName,
  records: readonly CheckpointRecord[],
  found: Minimum | undefined,
): Verdict {
  if (!found) return verdict(rule, records, { kind: 'censored', after: records.at(-1)!.step }, null)
  return { ...verdict(rule, records, found.at, found.within), keep: found.lowest }
}

/** The training loss below what its strings cost a perfect generaliser. */
export function trainBelowFloor(records: readonly CheckpointRecord[]): Verdict {
  const below = records.map(({ losses }) => belowFloor(losses)!)
  return passage('train-below-floor', records, shifted(below, records), 0)
}

export function jensenBound(records: readonly CheckpointRecord[]): Verdict {
  const logBound = records.map(({ losses }) => Math.log(Math.max(losses!.jensenBound, Number.MIN_VALUE)))
  return passage('bound', records, shifted(logBound, records), Math.log(JENSEN))
}

/** What moves with the train NELBO, shifted by so many of its errors: of the mean over strings, and of training. */
function shifted(values: readonly number[], records: readonly CheckpointRecord[]) {
  const scatter = scatterOf(values)
  const errors = records.map(({ losses }) => Math.hypot(losses!.train.standardError || 0, scatter))
  return (shift: number) => values.map((value, i) => value + shift * errors[i]!)
}

/** First passage of a curve, its interval that of the curve's own 95 % band. */
function passage(
  rule: RuleName,
  records: readonly CheckpointRecord[],
  curve: (shift: number) => number[],
  threshold: number,
): Verdict {
  const steps = records.map((record) => record.step)
  const strike = (shift: number) => firstPassage(steps, curve(shift), threshold)
  const [at, early, late] = [strike(0), strike(Z95), strike(-Z95)]
  const step = (end: Strike) => (end.kind === 'reached' ? end.step : steps.at(-1)!)
  return verdict(rule, records, at, [step(early), step(late)])
}

/**
 * Samples are nearer to training strings on average than as many held-out strings are. Of perfect generalisers it accuses at most
 * {@link falseAlarmRate} of the runs: 2.5 % within 24 checkpoints, 5 % ever.
 */
export function nearestDivergence(records: readonly CheckpointRecord[]): Verdict {
  const evidence = (shift: number) =>
    records.map(({ nearest, copies }, i) => nearerEvidence(nearest!, copies?.expected ?? 0, i, shift))
  return passage('nearest', records, evidence, 0)
}

/** The scaling of the main paper: memorisation starts at a time proportional to P (arXiv 2505.16959). */
export function pilotRule(
  records: readonly CheckpointRecord[],
  P: number,
  pilot: { readonly P: number; readonly records: readonly CheckpointRecord[] },
): Verdict {
  const { at, interval } = testMinimum(pilot.records)
  const scale = P / pilot.P
  const last = records.at(-1)!.step
  if (at.kind === 'censored' || at.step * scale > last)
    return verdict('pilot', records, { kind: 'censored', after: last }, null)
  const step = at.step * scale
  return verdict('pilot', records, { kind: 'reached', step }, [interval![0] * scale, interval![1] * scale])
}

/** A fall of this size ends a hump. */
const HUMP = 0.1

/**
 * The lowest disagreement from which it rises for good. While levels are being learned each network is ahead somewhere, and their
 * disagreement has a hump before it falls to what they share: a minimum before a fall of more than a tenth does not count.
 */
export function splitHalfRule(records: readonly CheckpointRecord[], halves: readonly HalfPoint[]): Verdict {
  const told = halves.flatMap(({ step, disagreement, perString }) =>
    step === 0 || disagreement === null ? [] : [{ step, value: disagreement, perString }],
  )
  let [first, peak] = [0, Number.NEGATIVE_INFINITY]
  told.forEach(({ value }, i) => {
    if (value < peak - HUMP) [first, peak] = [i, value]
    peak = Math.max(peak, value)
  })
  return atMinimum('split-half', records, pairedMinimum(told.slice(first)))
}
