import { expect } from 'vitest'
import type { Measurements } from '../analysis/measures/table.js'
import { type Comparison, compareMetrics, FALSE_ALARM } from '../analysis/regression/compare.js'
import { metricsOf } from '../analysis/regression/metrics.js'
import { InputError } from '../common/error.js'
import type { Interval } from '../common/statistics.js'
import type { Source } from '../corpus/source.js'
import { type Baseline, compareWithBaseline, measureSubject, readBaseline } from '../run/baseline.js'
import { readParts } from '../run/directory.js'
import { requireRecords } from '../run/records.js'
import { grammarHash } from '../run/source.js'

/**
 * Matchers for test suites of models, `import 'pcfg-diffusion/vitest'`. What is judged is an analysed run directory (its
 * last measured checkpoint), or what `measureSamples` says of samples from anywhere. A matcher passes only where
 * the 95 % interval lies on the asked side, and so does its negation: where the samples cannot tell, both fail. (Of a baseline it is
 * asked whether anything moved: its negation passes where something did.)
 */
export type Judged = string | Measurements

/** What this module adds to `expect`. */
export interface GrammarMatchers<R = unknown> {
  /** q_ℓ, the acquisition score on samples that are no copies, lies above a threshold (default .5) at this level and all below. */
  toAcquireLevel(level: number, threshold?: number): R
  /** At most this share of the samples are exact copies of training strings. */
  toCopyAtMost(share: number): R
  /**
   * No metric moved from a baseline (a path, or what `baseline` writes); an unchanged model fails with at most this
   * probability. Samples need the source that they were measured against, which must be the baseline's.
   */
  toMatchBaseline(
    baseline: string | Baseline,
    options?: { readonly falseAlarm?: number; readonly source?: Pick<Source, 'file'> },
  ): Promise<R>
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameter is vitest's own
  interface Matchers<T = any> extends GrammarMatchers<T> {}
}

function valuesOf(judged: Judged): Measurements {
  return typeof judged === 'string' ? requireRecords(readParts(judged)).at(-1)! : judged
}

/** Whether an interval lies above (or below) a bound; where it holds the bound, neither a matcher nor its negation passes. */
function decide(isNot: boolean, yes: boolean, no: boolean): boolean {
  return isNot ? !no : yes
}

/** Of measurements only the language is known: that the rest is as it was for the baseline is the test's own affair. */
function compareSamples(
  { conditions, metrics }: Baseline,
  judged: Measurements,
  source: Pick<Source, 'file'> | undefined,
  falseAlarm: number,
): Comparison[] {
  if (source === undefined)
    throw new Error('name the language that the samples were measured against: { source }')
  if (grammarHash(source.file) !== conditions.grammar) throw new Error('the baseline is of another grammar')
  const compared = compareMetrics(metrics, metricsOf(judged), { falseAlarm })
  if (compared.length === 0) throw new Error('the baseline shares no metric with what is judged')
  return compared
}

function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new InputError(name, value, 'a number from 0 to 1')
}

const shown = ([low, high]: Interval) => `[${low.toFixed(3)}, ${high.toFixed(3)}]`

expect.extend({
  toAcquireLevel(judged: Judged, level: number, threshold = 0.5) {
    requireShare('threshold', threshold)
    const { levels } = valuesOf(judged)
    if (!levels) throw new Error('the language of these samples has no levels')
    if (!levels[level - 1]) throw new Error(`there is no level ${level}: levels are 1 to ${levels.length}`)
    const intervals = levels.slice(0, level).map((metrics) => metrics.acquisitionInterval)
    const yes = intervals.every((interval) => interval !== null && interval[0] >= threshold)
    const no = intervals.some((interval) => interval !== null && interval[1] < threshold)
    const scores = intervals.map((interval, i) => `q_${i + 1} ${interval ? shown(interval) : 'undefined'}`)
    return {
      pass: decide(this.isNot, yes, no),
      message: () =>
        `expected level ${level} ${this.isNot ? 'not ' : ''}to be acquired (q ${this.isNot ? '<' : '≥'} ${threshold}): ${scores.join(', ')}`,
    }
  },

  toCopyAtMost(judged: Judged, share: number) {
    requireShare('share', share)
    const { copies } = valuesOf(judged)
    if (!copies) throw new Error('copies were not counted: measure the samples with their training strings')
    const [low, high] = copies.interval
    return {
      pass: decide(this.isNot, high <= share, low > share),
      message: () =>
        `expected ${this.isNot ? 'more than' : 'at most'} ${share} of the samples to be copies: ${copies.rate.toFixed(3)} ${shown(copies.interval)}`,
    }
  },

  async toMatchBaseline(
    judged: Judged,
    baseline: string | Baseline,
    {
      falseAlarm = FALSE_ALARM,
      source,
    }: { readonly falseAlarm?: number; readonly source?: Pick<Source, 'file'> } = {},
  ) {
    const before = typeof baseline === 'string' ? readBaseline(baseline) : baseline
    const compared =
      typeof judged === 'string'
        ? compareWithBaseline(before, await measureSubject({ path: judged }), { falseAlarm })
        : compareSamples(before, judged, source, falseAlarm)
    const moved = compared.filter((comparison) => comparison.moved)
    const list = moved.map(({ name, before: old, now: value, adjusted }) => {
      return `${name} ${old.toFixed(4)} → ${value.toFixed(4)} (p = ${adjusted.toExponential(1)})`
    })
    return {
      pass: moved.length === 0,
      message: () =>
        this.isNot
          ? 'expected something to move from the baseline'
          : `moved from the baseline: ${list.join('; ')}`,
    }
  },
})
