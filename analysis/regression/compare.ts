import { normalDistribution } from '../../common/normal.js'
import type { Metric, Metrics } from './metrics.js'

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
  /** The smallest drop that such a check would report nine times in ten; null where no drop is that large. */
  readonly detectable: number | null
}

/** Probability that a check of an unchanged model reports anything at all. */
export const FALSE_ALARM = 0.01

/**
 * Compares the metrics that both sides have. Every metric is tested for a difference by itself, shares by the pooled score
 * test, means by Welch's, and Holm's rule keeps the probability of any false alarm at or below `falseAlarm`.
 *
 * @example
 * ```ts
 * import { compareMetrics } from 'pcfg-diffusion/analysis'
 *
 * const validity = (value: number) => ({ 'validity 1': { kind: 'share' as const, value, trials: 1000 } })
 * // z = .02/√(.89·.11·2/1000) = 1.43, then 4.26.
 * compareMetrics(validity(0.9), validity(0.88))[0].p // → 0.15
 * compareMetrics(validity(0.9), validity(0.83))[0].moved // → true
 * ```
 */
export function compareMetrics(before: Metrics, now: Metrics, falseAlarm = FALSE_ALARM): Comparison[] {
  const names = Object.keys(before).filter((name) => now[name]?.kind === before[name]!.kind)
  const tests = names
    .map((name) => ({ name, old: before[name]!, next: now[name]!, p: difference(before[name]!, now[name]!) }))
    .sort((a, b) => a.p - b.p)
  let adjusted = 0
  const compared = tests.map(({ name, old, next, p }, i): Comparison => {
    adjusted = Math.min(1, Math.max(adjusted, p * (tests.length - i)))
    const detectable = detectableDrop(old, next, falseAlarm / tests.length)
    return {
      name,
      kind: old.kind,
      before: old.value,
      now: next.value,
      p,
      adjusted,
      moved: adjusted < falseAlarm,
      detectable,
    }
  })
  return compared.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name))
}

/** Two-sided p-value. */
function difference(a: Metric, b: Metric): number {
  const error = a.kind === 'share' && b.kind === 'share' ? pooledError(a, b) : meanError(a, b)
  const gap = Math.abs(a.value - b.value)
  if (gap === 0) return 1
  if (error === 0) return 0
  return 2 * (1 - normalDistribution(gap / error))
}

interface ShareMetric {
  readonly value: number
  readonly trials: number
}

function pooledError(a: ShareMetric, b: ShareMetric): number {
  const pooled = (a.value * a.trials + b.value * b.trials) / (a.trials + b.trials)
  return Math.sqrt(pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials))
}

function meanError(a: Metric, b: Metric): number {
  const square = (metric: Metric) => (metric.kind === 'mean' ? metric.standardError ** 2 : 0)
  return Math.sqrt(square(a) + square(b))
}

const POWER = 0.9

/** By bisection on the power of the test at one level of significance. */
function detectableDrop(old: Metric, next: Metric, significance: number): number | null {
  const most = old.kind === 'share' ? old.value : 100 * meanError(old, next)
  if (powerOf(old, next, most, significance) < POWER) return null
  let [low, high] = [0, most]
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (powerOf(old, next, middle, significance) < POWER) low = middle
    else high = middle
  }
  return high
}

/** Probability of reporting a drop of this size from the old value, both sides as large as they are. */
export function powerOf(old: Metric, next: Metric, drop: number, significance: number): number {
  const critical = criticalValue(significance)
  if (old.kind === 'share' && next.kind === 'share') {
    const lower = { ...next, value: Math.max(0, old.value - drop) }
    const spread = Math.sqrt(
      (old.value * (1 - old.value)) / old.trials + (lower.value * (1 - lower.value)) / lower.trials,
    )
    const needed = critical * pooledError(old, lower)
    return spread === 0 ? Number(drop > needed) : normalDistribution((drop - needed) / spread)
  }
  const error = meanError(old, next)
  return normalDistribution(drop / error - critical)
}

/** z with 2(1 − Φ(z)) = p. */
function criticalValue(p: number): number {
  let [low, high] = [0, 10]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (2 * (1 - normalDistribution(middle)) > p) low = middle
    else high = middle
  }
  return high
}
