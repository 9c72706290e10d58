import seedrandom from 'seedrandom'

/** A stream of independent uniforms in [0, 1) with 53 random bits each. */
export type Random = () => number

/**
 * The stream that belongs to one purpose and index under one seed. Streams with different keys are
 * independent, so anything random is a pure function of (seed, purpose, index) and nothing depends on order.
 */
export function stream(seed: string, purpose: string, index: number | string = 0): Random {
  return seedrandom.alea(`${seed}/${purpose}/${index}`).double
}

/** A uniform integer in [0, n). */
export function uniformInteger(random: Random, n: number): number {
  return Math.floor(random() * n)
}

/** Index of the first cumulative weight above u·total; weights need not be normalised. */
export function drawFromCumulative(
  random: Random,
  cumulative: ArrayLike<number>,
  start = 0,
  length = cumulative.length,
): number {
  const u = random() * cumulative[start + length - 1]!
  let i = 0
  while (i < length - 1 && cumulative[start + i]! <= u) i++
  return i
}

/** `count` distinct integers of [0, n) in uniformly random order (partial Fisher–Yates), written to `out`. */
export function drawSubset(random: Random, n: number, count: number, out: Int32Array): void {
  for (let i = 0; i < n; i++) out[i] = i
  for (let i = 0; i < count; i++) {
    const j = i + uniformInteger(random, n - i)
    const held = out[i]!
    out[i] = out[j]!
    out[j] = held
  }
}
