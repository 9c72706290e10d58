/** One line of the results table. */
export interface Row {
  readonly what: string
  readonly value: string
  readonly unit: string
  readonly target: string
}

/** Median seconds of `repeat` runs after one warm-up. */
export async function medianSeconds(repeat: number, work: () => unknown): Promise<number> {
  await work()
  const times: number[] = []
  for (let i = 0; i < repeat; i++) {
    const started = performance.now()
    await work()
    times.push((performance.now() - started) / 1000)
  }
  return median(times)
}

/** The middle value; of an even number the upper one of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** Times of every contestant, round by round, after one round of warming up; every other round in reverse. */
export async function interleaved(
  rounds: number,
  contestants: readonly (() => Promise<number>)[],
): Promise<number[][]> {
  const times = contestants.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    const order = [...contestants.keys()]
    for (const i of round % 2 === 0 ? order : order.reverse()) {
      const time = await contestants[i]!()
      if (round >= 0) times[i]!.push(time)
    }
  }
  return times
}
