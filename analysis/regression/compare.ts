import jstat from 'jstat'
import { normalDistribution, normalPoint } from '../../common/distributions.js'
import { InputError } from '../../common/error.js'
import { clusteredTally } from '../../common/intervals.js'
import { meanAndError } from '../../common/statistics.js'
import type { Metric, Metrics } from './metrics.js'
import { permutationTest, scoreOf, stringsOf } from './permutation.js'

/** One metric against its baseline. */
export interface Comparison {
  readonly name: string
  readonly kind: Metric['kind']
  readonly before: number
  readonly now: number
  /** Two-sided probability of so large a difference between two samplings of one model. */
  readonly p: number
  /** p times the number of tests that it competes with (Holm): moved where it is below the false-alarm rate. */
  readonly adjusted: number
  readonly moved: boolean
  /** The smallest change that such a check would report nine times in ten; null where none is that large. */
  readonly detectable: number | null
}

/** How two sets of metrics are compared. */
export interface CompareOptions {
  /** Probability that a check of an unchanged model reports anything at all; default .01. */
  readonly falseAlarm?: number | undefined
  /** Whether the strings of means are the same on both sides, with the same noise, so that they are compared one by one; default no. */
  readonly paired?: boolean
}

export const FALSE_ALARM = 0.01

/**
 * Compares the metrics that both sides have. Every metric is tested for a difference by itself: shares by dealing the strings of both
 * sides anew (`analysis/regression/permutation.ts`), means by Student's test of the differences string by string where they are paired, else by
 * Welch's. Holm's rule keeps the probability of any false alarm at or below the stated rate. Throws InputError where that is no
 * probability, or a value no finite number.
 *
 * @example
 * ```ts
 * import { compareMetrics } from 'pcfg-diffusion/analysis'
 *
 * // 1,000 strings of one part each.
 * const validity = (valid: number) => ({ 'validity 1': { kind: 'share' as const, tally: [1000 - valid, valid] } })
 * // z = .02/√(.89·.11·2/1999) = 1.43, or 1.36 with a correction for whole numbers; then 4.53.
 * compareMetrics(validity(900), validity(880))[0].p // → 0.174
 * compareMetrics(validity(900), validity(830))[0].moved // → true
 * ```
 */
export function compareMetrics(
  before: Metrics,
  now: Metrics,
  { falseAlarm = FALSE_ALARM, paired = false }: CompareOptions = {},
): Comparison[] {
  if (!(falseAlarm > 0 && falseAlarm < 1))
    throw new InputError('falseAlarm', falseAlarm, 'a probability above 0 and below 1')
  const pairs = Object.keys(before).flatMap((name) => pairOf(name, before[name]!, now[name], paired) ?? [])
  const tests = [...pairs].sort((a, b) => a.p - b.p)
  let adjusted = 0
  const compared = tests.map(({ name, kind, before, now, p, power }, i): Comparison => {
    adjusted = Math.min(1, Math.max(adjusted, p * (tests.length - i)))
    const detectable = smallest((change) => power(change, falseAlarm / tests.length) >= POWER)
    return { name, kind, before, now, p, adjusted, moved: adjusted < falseAlarm, detectable }
  })
  return pairs.map(({ name }) => compared.find((comparison) => comparison.name === name)!)
}

const POWER = 0.9

/** A metric of both sides, and its test. */
interface Pair {
  readonly name: string
  readonly kind: Metric['kind']
  readonly before: number
  readonly now: number
  readonly p: number
  /** Probability of reporting a change of this size at one level of significance; NaN where none is that large. */
  power(change: number, significance: number): number
}

/** Undefined where the sides do not measure the same thing. */
function pairOf(name: string, before: Metric, now: Metric | undefined, paired: boolean): Pair | undefined {
  if (before.kind === 'mean')
    return now?.kind === 'mean' ? meanPair(name, before.values, now.values, paired) : undefined
  const alike = now?.kind === 'share' && now.tally.length === before.tally.length
  return alike ? sharePair(name, before.tally, now.tally) : undefined
}

function sharePair(name: string, before: readonly number[], now: readonly number[]): Pair {
  const old = shareOf(before)
  const both = before.map((strings, k) => strings + now[k]!)
  const independent = independentParts(both)
  const [trialsBefore, trialsNow] = [before, now].map(
    (tally) => (independent * stringsOf(tally)) / stringsOf(both),
  ) as [number, number]
  // What no result of the second side could show is no change to promise.
  const end = now.map((_, k) => (k === (old < 0.5 ? now.length - 1 : 0) ? stringsOf(now) : 0))
  const extreme = permutationTest(before, end)
  return {
    name,
    kind: 'share',
    before: old,
    now: shareOf(now),
    p: permutationTest(before, now),
    power(change, significance) {
      // Away from the nearer end: where next to nothing is copied, more copies are what there is to see.
      const changed = old < 0.5 ? old + change : old - change
      if (changed < 0 || changed > 1 || extreme >= significance) return Number.NaN
      const pooled = (old * trialsBefore + changed * trialsNow) / (trialsBefore + trialsNow)
      const needed =
        criticalValue(significance) * Math.sqrt(pooled * (1 - pooled) * (1 / trialsBefore + 1 / trialsNow))
      const spread = Math.sqrt((old * (1 - old)) / trialsBefore + (changed * (1 - changed)) / trialsNow)
      return normalDistribution((change - needed) / spread)
    },
  }
}

const shareOf = (tally: readonly number[]) => scoreOf(tally) / (stringsOf(tally) * (tally.length - 1))

/** How many independent parts would scatter as much as the parts of all strings. */
function independentParts(tally: readonly number[]): number {
  const parts = tally.length - 1
  return clusteredTally(tally.map((strings, score) => ({ clusters: strings, hits: score, trials: parts })))
    .independent
}

function meanPair(name: string, before: readonly number[], now: readonly number[], paired: boolean): Pair {
  for (const value of [...before, ...now])
    if (!Number.isFinite(value)) throw new InputError(name, value, 'finite numbers')
  const [old, next] = [meanAndError(before), meanAndError(now)]
  const { error, freedom } =
    paired && before.length === now.length
      ? {
          error: meanAndError(now.map((value, i) => value - before[i]!)).standardError,
          freedom: before.length - 1,
        }
      : welch(old.standardError, before.length, next.standardError, now.length)
  const gap = Math.abs(next.mean - old.mean)
  // Up to rounding.
  const still = error <= 1e-12 * gap
  return {
    name,
    kind: 'mean',
    before: old.mean,
    now: next.mean,
    // Without any scatter only the signs of differences are left: all alike by chance in two of 2ⁿ ways.
    p:
      gap === 0 ? 1 : still ? 2 ** (1 - Math.min(before.length, now.length)) : studentP(gap / error, freedom),
    // Nothing is known of a scatter that was not seen.
    power: (change, significance) =>
      still ? Number.NaN : normalDistribution(change / error - criticalValue(significance)),
  }
}

/** Two-sided. */
function studentP(t: number, freedom: number): number {
  return 2 * jstat.studentt.cdf(-t, freedom)
}

/** Standard error of a difference of means of unlike spread, and its degrees of freedom (Welch and Satterthwaite). */
function welch(
  a: number,
  n: number,
  b: number,
  m: number,
): { readonly error: number; readonly freedom: number } {
  const [x, y] = [a ** 2, b ** 2]
  return { error: Math.sqrt(x + y), freedom: (x + y) ** 2 / (x ** 2 / (n - 1) + y ** 2 / (m - 1)) }
}

/** z that a standard normal variable exceeds, up or down, with this probability. */
function criticalValue(significance: number): number {
  return normalPoint(1 - significance / 2)
}

/** The smallest change that is seen, to four digits; null where none is. Changes that cannot be are never seen. */
function smallest(seen: (change: number) => boolean): number | null {
  // Upwards by a twentieth until it is seen, then between the last two.
  for (let high = 1e-6; high < 1e6; high *= 1.05) {
    if (!seen(high)) continue
    let low = high / 1.05
    for (let i = 0; i < 12; i++) {
      const middle = (low + high) / 2
      if (seen(middle)) high = middle
      else low = middle
    }
    return high
  }
  return null
}
