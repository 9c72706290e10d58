import jstat from 'jstat'
import { type Interval, meanAndError } from './statistics.js'

/**
 * Clopper and Pearson's 95 % interval for a proportion: it covers at least that often, down to the last failure in thousands;
 * [0, 1] where there were no trials.
 *
 * @example
 * ```ts
 * import { clopperPearson } from 'pcfg-diffusion/analysis'
 *
 * // 1 − .025^(1/100): the rule of three with a margin for the other side.
 * clopperPearson(0, 100) // → [0, 0.0362]
 * ```
 */
export function clopperPearson(successes: number, trials: number): Interval {
  const failures = trials - successes
  return [
    successes > 0 ? jstat.beta.inv(0.025, successes, failures + 1) : 0,
    failures > 0 ? jstat.beta.inv(0.975, successes + 1, failures) : 1,
  ]
}

/**
 * The same over clustered trials (the nodes of a string rise and fall together): the number of trials is replaced by the
 * number of independent ones that would scatter as much.
 *
 * @param successes,trials per cluster
 */
export function clusteredInterval(successes: ArrayLike<number>, trials: ArrayLike<number>): Interval {
  const { rate, independent } = clusteredRate(successes, trials)
  return clopperPearson(rate * independent, independent)
}

/**
 * A proportion over clustered trials, and the number of independent trials that would scatter as much: all of them over the
 * design effect, the variance between clusters over that of independent trials. One cluster that fails as a whole where all
 * others succeed (or the reverse) is counted beside those seen. It is lost among many failures; where few or none were seen
 * it says that the next may come in clusters, so that without any the clusters count and not their trials.
 */
export function clusteredRate(
  successes: ArrayLike<number>,
  trials: ArrayLike<number>,
): { readonly rate: number; readonly independent: number } {
  return clusteredTally(Array.from(trials, (of, i) => ({ clusters: 1, hits: successes[i]!, trials: of })))
}

/** The same of clusters that are counted by kind: so many with so many hits in so many trials each. */
export function clusteredTally(
  kinds: readonly { readonly clusters: number; readonly hits: number; readonly trials: number }[],
): { readonly rate: number; readonly independent: number } {
  let [hits, total, largest] = [0, 0, 0]
  for (const kind of kinds) {
    if (kind.clusters === 0) continue
    hits += kind.clusters * kind.hits
    total += kind.clusters * kind.trials
    largest = Math.max(largest, kind.trials)
  }
  if (total === 0) return { rate: 0, independent: 0 }
  const rate = hits / total
  let between = largest ** 2
  for (const kind of kinds) between += kind.clusters * (kind.hits - rate * kind.trials) ** 2
  const effect = between / (rate * (1 - rate) * total + largest)
  return { rate, independent: total / Math.max(1, effect) }
}

/** Mean of a few values with Student's 95 % interval; null for a single one. */
export function studentMean(values: readonly number[]): {
  readonly mean: number
  readonly interval: Interval | null
} {
  const { mean, standardError } = meanAndError(values)
  if (values.length < 2) return { mean, interval: null }
  const spread = jstat.studentt.inv(0.975, values.length - 1) * standardError
  return { mean, interval: [mean - spread, mean + spread] }
}
