import { primeFactors } from '../../model/batch.js'
import { frontier, gradients, zeros } from '../../model/graph/autodiff.js'
import { type Graph, type Lowering, ShapeError, type Value } from '../../model/graph/graph.js'
import { add, reduceSum, reshape } from '../../model/operators/arithmetic.js'
import { loop } from '../../model/operators/loop.js'
import type { Parameters } from '../../model/parameters.js'
import type { Objective } from '../objective.js'

/** One batch as graph values, cut into chunks. */
export interface StackedInputs {
  readonly chunks: number
  /** Items per chunk. */
  readonly items: number
  /** The objective's arrays by name, each [C, …]. */
  readonly arrays: ReadonlyMap<string, Value>
}

/**
 * Items per chunk, few enough that a device holds their rows well in one pass. The batch is divided by its prime factors,
 * smallest first, so that mask counts stay evenly spread inside every chunk.
 *
 * @param parts least number of chunks: gradient accumulation
 */
export function chunkSize(lowering: Lowering, batch: number, rowsPerItem: number, parts = 1): number {
  let size = batch
  for (const factor of primeFactors(batch))
    if (size * rowsPerItem > lowering.chunkRows || batch / size < parts) size /= factor
  return size
}

/**
 * Loss and gradient of one batch. Several chunks become a Loop that carries the gradients as running sums, so
 * activations stay as small as one chunk's and sums enter through Gemm's C input. What depends only on
 * parameters (LayerNorm folded into weights) is emitted outside the loop and differentiated there once.
 *
 * @returns the loss, a scalar, and one gradient per value of `wrt`
 */
export function batchGradient(
  graph: Graph,
  objective: Objective,
  parameters: Parameters,
  wrt: readonly Value[],
  { chunks, items, arrays }: StackedInputs,
): { readonly loss: Value; readonly gradients: readonly Value[] } {
  const pass = (inner: Graph, slice: (stacked: Value) => Value) => {
    const known = new Map<string, Value>()
    const input = (name: string): Value => {
      const value = known.get(name) ?? slice(arrays.get(name)!)
      known.set(name, value)
      return value
    }
    const losses = objective.losses(parameters, input, items)
    const rows = losses.shape[0]!
    if (losses.shape.length !== 2 || losses.shape[1] !== 1)
      throw new ShapeError('objective', 'losses must be [R, 1]', [losses])
    const ones = graph.shared(`ones/${rows}x1`, [rows, 1], () => new Float32Array(rows).fill(1))
    const loss = inner.scope('loss', () => inner.silently(() => reshape(reduceSum(losses, [0]), [])))
    return { loss, seeds: [[losses, ones]] as const }
  }

  if (chunks === 1) {
    const squeeze = (value: Value) => graph.silently(() => reshape(value, value.shape.slice(1)))
    const { loss, seeds } = pass(graph, squeeze)
    return { loss, gradients: gradients(graph, seeds, wrt) }
  }

  const trips = graph.constant(BigInt64Array.of(BigInt(chunks)), [], 'chunks')
  let entering: readonly Value[] = []
  const [total, ...sums] = loop(graph, 'chunk', trips, (body) => {
    // 1. Forward over one chunk.
    const lossSum = body.carry('loss', zeros(graph, []))
    const { loss, seeds } = pass(body.graph, body.at)
    // 2. Backward to the values that enter the loop from outside, on top of the sums so far.
    entering = frontier(body.graph, wrt)
    const sumsSoFar = entering.map((value) => body.carry(value.name, zeros(graph, value.shape)))
    return { next: [add(loss, lossSum), ...gradients(body.graph, seeds, entering, sumsSoFar)] }
  })

  // 3. What is left of the chain rule outside the loop.
  const pairs = entering.map((value, i) => [value, sums[i]!] as const)
  return { loss: total!, gradients: gradients(graph, pairs, wrt) }
}
