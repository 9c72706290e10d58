import type { DataType, Shape } from './graph/graph.js'
import type { Process } from './process.js'

/**
 * One training step's batch: C chunks of n = B/C strings, each token-major, rows t·n + b. R of a chunk's T·n rows carry
 * loss. Every array is [C, …] as {@link batchParts} says.
 */
export interface Batch {
  /** What the network reads. */
  readonly tokens: Int32Array
  /** The rows that carry loss, pair by pair of strings in turn; padded with row 0 at weight 0. Only where some do not. */
  readonly rows?: Int32Array
  /** Each row's place in `rows`, or R. Only where some carry no loss. */
  readonly places?: Int32Array
  /** What each such row should predict. */
  readonly targets: Int32Array
  /** Σ weight·loss is the batch's loss in nats per token. */
  readonly weights: Float32Array
  /** Uniform noise: α_t and ᾱ_{t−1} of each row's string. */
  readonly levels?: Float32Array
}

/** One array of a batch. */
export interface BatchPart {
  readonly name: keyof Batch
  /** Of one chunk. */
  readonly shape: Shape
  readonly dataType: Extract<DataType, 'int32' | 'float32'>
}

/** The arrays that a process needs, per chunk of n strings of T tokens. */
export function batchParts(process: Process, tokens: number, strings: number): BatchPart[] {
  const rows = tokens * strings
  const scored = scoredRows(process, tokens, strings)
  const part = (name: keyof Batch, shape: Shape, dataType: BatchPart['dataType'] = 'int32') => ({
    name,
    shape,
    dataType,
  })
  return [
    part('tokens', [tokens, strings]),
    ...(scored < rows ? [part('rows', [scored]), part('places', [rows])] : []),
    part('targets', [scored]),
    part('weights', [scored], 'float32'),
    ...(process.kind === 'uniform' ? [part('levels', [scored, 2], 'float32')] : []),
  ]
}

/**
 * R: how many of a chunk's rows can carry loss. Two strings of a pair have T + 1 masks between them, so an even chunk has
 * n(T + 1)/2, always; other processes may score every row.
 */
export function scoredRows(process: Process, tokens: number, strings: number): number {
  if (process.kind !== 'absorbing' || process.loss !== 'mask-count') return tokens * strings
  return Math.floor(strings / 2) * (tokens + 1) + (strings % 2) * tokens
}

/**
 * Which string of its chunk of n stands in column j: pairs (2p, 2p + 1) stand n/2 columns apart, so that attention, which
 * takes columns j, j + n/G, … together, finds both in one group. Odd chunks keep their order.
 */
export function stringOfColumn(column: number, strings: number): number {
  const half = strings / 2
  return strings % 2 === 1 ? column : column < half ? 2 * column : 2 * (column - half) + 1
}

/** Arrays of `copies` chunks end to end. */
export function emptyBatch(parts: readonly BatchPart[], copies: number): Batch {
  const arrays = parts.map(({ name, shape, dataType }) => {
    const size = copies * shape.reduce((product, length) => product * length, 1)
    return [name, dataType === 'int32' ? new Int32Array(size) : new Float32Array(size)]
  })
  return Object.fromEntries(arrays) as unknown as Batch
}

/** Step k's part of the arrays of `steps` steps. */
export function stepOf(whole: Batch, k: number, steps: number): Batch {
  const parts = Object.entries(whole).map(([name, data]: [string, Int32Array | Float32Array]) => [
    name,
    data.subarray((k * data.length) / steps, ((k + 1) * data.length) / steps),
  ])
  return Object.fromEntries(parts) as unknown as Batch
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
