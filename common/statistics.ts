/** A closed interval [low, high]. */
export type Interval = readonly [number, number]

/** 97.5 % point of the standard normal: half-width of a 95 % interval in standard errors. */
export const Z95 = 1.959963984540054

/** Wilson's 95 % interval for a proportion; [0, 1] where there were no trials. */
export function wilson(successes: number, trials: number): Interval {
  if (trials === 0) return [0, 1]
  const p = successes / trials
  const z2 = (Z95 * Z95) / trials
  const centre = p + z2 / 2
  const spread = Z95 * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials))
  const low = successes === 0 ? 0 : (centre - spread) / (1 + z2)
  const high = successes === trials ? 1 : (centre + spread) / (1 + z2)
  return [Math.max(0, low), Math.min(1, high)]
}

/**
 * Wilson's interval for a proportion over clustered trials (the nodes of a string rise and fall together): the
 * number of trials is replaced by the number of independent ones that would scatter as much.
 *
 * @param successes,trials per cluster
 */
export function clusteredWilson(successes: ArrayLike<number>, trials: ArrayLike<number>): Interval {
  const { rate, independent } = clusteredRate(successes, trials)
  return wilson(rate * independent, independent)
}

/** A proportion over clustered trials, and the number of independent trials that would scatter as much. */
export function clusteredRate(
  successes: ArrayLike<number>,
  trials: ArrayLike<number>,
): { readonly rate: number; readonly independent: number } {
  let [hits, total] = [0, 0]
  for (let i = 0; i < trials.length; i++) {
    hits += successes[i]!
    total += trials[i]!
  }
  if (total === 0) return { rate: 0, independent: 0 }
  const rate = hits / total
  let residual = 0
  for (let i = 0; i < trials.length; i++) residual += (successes[i]! - rate * trials[i]!) ** 2
  const alike = (rate * (1 - rate) * total * total) / residual
  return { rate, independent: residual > 0 ? Math.min(total, alike) : total }
}

/** 97.5 % points of Student's t with 1, 2, … 30 degrees of freedom. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
]

/** How much wider a 95 % interval is when its spread was itself estimated, with this many degrees of freedom. */
export function studentFactor(freedom: number): number {
  return (STUDENT[freedom - 1] ?? Z95) / Z95
}

/** Mean and standard error of the mean. */
export function meanAndError(values: ArrayLike<number>): {
  readonly mean: number
  readonly standardError: number
} {
  const n = values.length
  let [mean, squares] = [0, 0]
  for (let i = 0; i < n; i++) mean += values[i]! / n
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2
  return { mean, standardError: n > 1 ? Math.sqrt(squares / (n * (n - 1))) : Number.NaN }
}

/** −Σ p ln p in nats of shares that sum to 1. */
export function entropyOf(shares: Iterable<number>): number {
  let total = 0
  for (const p of shares) if (p > 0) total -= p * Math.log(p)
  return total
}
