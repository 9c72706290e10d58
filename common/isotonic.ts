/** The non-decreasing sequence nearest to some values in least squares (pool adjacent violators). */
export function isotonic(values: readonly number[]): number[] {
  const blocks: { mean: number; count: number }[] = []
  for (const value of values) {
    blocks.push({ mean: value, count: 1 })
    for (;;) {
      const [before, last] = [blocks.at(-2), blocks.at(-1)!]
      if (!before || before.mean <= last.mean) break
      const count = before.count + last.count
      blocks.splice(-2, 2, { mean: (before.mean * before.count + last.mean * last.count) / count, count })
    }
  }
  return blocks.flatMap(({ mean, count }) => new Array<number>(count).fill(mean))
}
