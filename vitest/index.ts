import { expect } from 'vitest'
import type { SampleMetrics } from '../analysis/measures/samples.js'
import { compareMetrics, FALSE_ALARM } from '../analysis/regression/compare.js'
import { metricsOfSamples } from '../analysis/regression/metrics.js'
import { jsonText, sha256 } from '../common/files.js'
import type { Interval } from '../common/statistics.js'
import type { RhmTables } from '../grammar/rhm/tables.js'
import { readAnalysis } from '../run/analyse.js'
import { type Baseline, measureSubject, readBaseline } from '../run/baseline.js'

/**
 * Matchers for test suites of models, `import 'pcfg-diffusion/vitest'`. What is judged is an analysed run directory (its
 * last measured checkpoint), or the metrics of samples from anywhere ({@link measureSamples}). A matcher passes only where
 * the 95 % interval lies on the asked side, and so does its negation: where the samples cannot tell, both fail.
 */
export type Judged = string | SampleMetrics

interface GrammarMatchers<R = unknown> {
  /** q_ℓ, the acquisition score on samples that are no copies, lies above a threshold (default .5) at this level and all below. */
  toAcquireLevel(level: number, threshold?: number): R
  /** At most this share of the samples are exact copies of training strings. */
  toCopyAtMost(share: number): R
  /**
   * No metric moved from a baseline (a path, or what `baseline` writes); an unchanged model fails with at most this
   * probability. Samples need the grammar that they were measured against where the baseline is of a file.
   */
  toMatchBaseline(
    baseline: string | Baseline,
    options?: { readonly falseAlarm?: number; readonly grammar?: RhmTables },
  ): R
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameter is vitest's own
  interface Matchers<T = any> extends GrammarMatchers<T> {}
}

function metricsOf(judged: Judged): SampleMetrics {
  if (typeof judged !== 'string') return judged
  const record = readAnalysis(judged).at(-1)
  if (!record) throw new Error(`${judged} has no measured checkpoint: analyse it first`)
  return record
}

/** Whether an interval lies above (or below) a bound; where it holds the bound, neither a matcher nor its negation passes. */
function decide(isNot: boolean, yes: boolean, no: boolean): boolean {
  return isNot ? !no : yes
}

const shown = ([low, high]: Interval) => `[${low.toFixed(3)}, ${high.toFixed(3)}]`

expect.extend({
  toAcquireLevel(judged: Judged, level: number, threshold = 0.5) {
    const { levels } = metricsOf(judged)
    if (!levels[level - 1]) throw new Error(`there is no level ${level}: levels are 1 to ${levels.length}`)
    const intervals = levels.slice(0, level).map((metrics) => metrics.acquisitionInterval)
    const yes = intervals.every((interval) => interval !== null && interval[0] >= threshold)
    const no = intervals.some((interval) => interval === null || interval[1] < threshold)
    const scores = intervals.map((interval, i) => `q_${i + 1} ${interval ? shown(interval) : 'undefined'}`)
    return {
      pass: decide(this.isNot, yes, no),
      message: () =>
        `expected level ${level} ${this.isNot ? 'not ' : ''}to be acquired (q ${this.isNot ? '<' : '≥'} ${threshold}): ${scores.join(', ')}`,
    }
  },

  toCopyAtMost(judged: Judged, share: number) {
    const { copies } = metricsOf(judged)
    if (!copies) throw new Error('copies were not counted: measure the samples with their training strings')
    const [low, high] = copies.interval
    return {
      pass: decide(this.isNot, high <= share, low > share),
      message: () =>
        `expected ${this.isNot ? 'more than' : 'at most'} ${share} of the samples to be copies: ${copies.rate.toFixed(3)} ${shown(copies.interval)}`,
    }
  },

  toMatchBaseline(
    judged: Judged,
    baseline: string | Baseline,
    {
      falseAlarm = FALSE_ALARM,
      grammar,
    }: { readonly falseAlarm?: number; readonly grammar?: RhmTables } = {},
  ) {
    const before = typeof baseline === 'string' ? readBaseline(baseline) : baseline
    const now = typeof judged === 'string' ? measureSubject({ path: judged }) : undefined
    const language = now?.grammar ?? (grammar && sha256(jsonText(grammar.grammar)))
    if (language !== undefined && language !== before.grammar)
      throw new Error('the baseline is of another grammar')
    const metrics = now?.metrics ?? metricsOfSamples(judged as SampleMetrics)
    const compared = compareMetrics(before.metrics, metrics, falseAlarm)
    if (compared.length === 0) throw new Error('the baseline shares no metric with what is judged')
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
