/** A closed interval [low, high]. */
export type Interval = readonly [number, number]

/** 97.5 % point of the standard normal: half-width of a 95 % interval in standard errors. */
export const Z95 = 1.959963984540054

/** Mean and standard error of the mean, NaN of a single value. */
export function meanAndError(values: ArrayLike<number>): {
  readonly mean: number
  readonly standardError: number
} {
  const n = values.length
  let [mean, squares] = [0, 0]
  for (let i = 0; i < n; i++) mean += values[i]! / n
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2
  return { mean, standardError: Math.sqrt(squares / (n * (n - 1))) }
}

/** −Σ p ln p in nats of shares that sum to 1. */
export function entropyOf(shares: Iterable<number>): number {
  let total = 0
  for (const p of shares) if (p > 0) total -= p * Math.log(p)
  return total
}
