/** A closed interval [low, high]. */
export type Interval = readonly [number, number]

const Z95 = 1.959963984540054

/** Wilson's 95 % interval for a proportion; [0, 1] where there were no trials. */
export function wilson(successes: number, trials: number): Interval {
  if (trials === 0) return [0, 1]
  const p = successes / trials
  const z2 = (Z95 * Z95) / trials
  const centre = p + z2 / 2
  const spread = Z95 * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials))
  return [Math.max(0, (centre - spread) / (1 + z2)), Math.min(1, (centre + spread) / (1 + z2))]
}

/**
 * Wilson's interval for a proportion over clustered trials (the nodes of a string rise and fall together): the
 * number of trials is replaced by the number of independent ones that would scatter as much.
 *
 * @param successes,trials per cluster
 */
export function clusteredWilson(successes: ArrayLike<number>, trials: ArrayLike<number>): Interval {
  let [hits, total] = [0, 0]
  for (let i = 0; i < trials.length; i++) {
    hits += successes[i]!
    total += trials[i]!
  }
  if (total === 0) return [0, 1]
  const p = hits / total
  let residual = 0
  for (let i = 0; i < trials.length; i++) residual += (successes[i]! - p * trials[i]!) ** 2
  const independent = (p * (1 - p) * total * total) / residual
  const effective = residual > 0 ? Math.min(total, independent) : total
  return wilson(p * effective, effective)
}

/** Mean and standard error of the mean. */
export function meanAndError(values: ArrayLike<number>): { readonly mean: number; readonly standardError: number } {
  const n = values.length
  let [mean, squares] = [0, 0]
  for (let i = 0; i < n; i++) mean += values[i]! / n
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2
  return { mean, standardError: n > 1 ? Math.sqrt(squares / (n * (n - 1))) : Number.NaN }
}
