/**
 * Standard deviation of a curve about a smooth one: how much training scatters from checkpoint to checkpoint. Third differences
 * take out what is smooth; of noise they have 20 times its variance, and half of them are below .6745 standard deviations. One
 * above the middle is taken, for where there are few.
 */
export function scatterOf(values: readonly number[]): number {
  const third = values.slice(3).map((value, i) => {
    const [a, b, c] = [values[i]!, values[i + 1]!, values[i + 2]!]
    return Math.abs(value - 3 * c + 3 * b - a)
  })
  const middle = Math.min(third.length - 1, Math.floor(third.length / 2) + 1)
  return (third.sort((a, b) => a - b)[middle] ?? 0) / (0.6745 * Math.sqrt(20))
}
