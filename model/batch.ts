import type { DataType, Shape } from './graph/graph.js'

/** One array of a training step's batch; every batch is C chunks of n = B/C items, and holds it C times, [C, …shape]. */
export interface BatchPart {
  readonly name: string
  /** Of one chunk. */
  readonly shape: Shape
  readonly dataType: Extract<DataType, 'int32' | 'float32'>
}

/** The arrays of a batch by name. */
export type BatchArrays = Readonly<Record<string, Int32Array | Float32Array>>

/** An int32 part, or one of another type. */
export function batchPart(name: string, shape: Shape, dataType: BatchPart['dataType'] = 'int32'): BatchPart {
  return { name, shape, dataType }
}

/** Arrays of `copies` chunks end to end. */
export function emptyBatch(parts: readonly BatchPart[], copies: number): BatchArrays {
  const arrays = parts.map(({ name, shape, dataType }) => {
    const size = copies * shape.reduce((product, length) => product * length, 1)
    return [name, dataType === 'int32' ? new Int32Array(size) : new Float32Array(size)]
  })
  return Object.fromEntries(arrays)
}

/** Step k's part of the arrays of `steps` steps. */
export function stepOf(whole: BatchArrays, k: number, steps: number): BatchArrays {
  const parts = Object.entries(whole).map(([name, data]) => [
    name,
    data.subarray((k * data.length) / steps, ((k + 1) * data.length) / steps),
  ])
  return Object.fromEntries(parts)
}

/**
 * A permutation of 0..n−1 of which each aligned part of n/p₁, n/(p₁p₂), … is evenly spaced modulo n (digit reversal):
 * levels of noise that are spread over a batch are then spread over every chunk of it too.
 */
export function spreadEvenly(n: number): Int32Array {
  let spread = SPREADS.get(n)
  if (spread) return spread
  const [p, ...rest] = primeFactors(n)
  if (p === undefined || rest.length === 0) spread = Int32Array.from({ length: n }, (_, i) => i)
  else {
    const inner = spreadEvenly(n / p)
    spread = Int32Array.from(
      { length: n },
      (_, b) => Math.floor(b / inner.length) + p * inner[b % inner.length]!,
    )
  }
  SPREADS.set(n, spread)
  return spread
}

/** Every step asks for the same few. */
const SPREADS = new Map<number, Int32Array>()

/** Prime factors with multiplicity, ascending. */
export function primeFactors(n: number): number[] {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return [p, ...primeFactors(n / p)]
  return n > 1 ? [n] : []
}
