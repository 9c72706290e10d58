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
  return times.sort((a, b) => a - b)[Math.floor(repeat / 2)]!
}
