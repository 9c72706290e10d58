import { frontier, gradients } from '../../model/graph/autodiff.js'
import type { Graph, Lowering, Shape, Value } from '../../model/graph/graph.js'
import type { Network } from '../../model/network.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { add } from '../../model/operators/elementwise.js'
import { loop } from '../../model/operators/loop.js'
import { reduceSum } from '../../model/operators/reduce.js'
import { reshape } from '../../model/operators/shape.js'
import type { Parameters } from '../../model/parameters.js'

/** One batch in C chunks of B/C strings. */
export interface ChunkedBatch {
  /** int32 [C, T, B/C], MASK where hidden. */
  readonly tokens: Value
  /** int32 [C, T·B/C] */
  readonly targets: Value
  /** [C, T·B/C] */
  readonly weights: Value
}

/** Strings per chunk: the largest divisor of the batch whose rows a device holds well in one pass. */
export function chunkSize(lowering: Lowering, batch: number, tokens: number): number {
  for (let size = batch; size > 1; size--) {
    if (batch % size === 0 && size * tokens <= lowering.chunkRows) return size
  }
  return 1
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
  network: Network,
  parameters: Parameters,
  wrt: readonly Value[],
  batch: ChunkedBatch,
): { readonly loss: Value; readonly gradients: readonly Value[] } {
  const [chunks, rows] = batch.targets.shape as [number, number]
  const pass = (inner: Graph, chunk: { tokens: Value; targets: Value; weights: Value }) => {
    const logits = network.logits(parameters, chunk.tokens)
    const losses = inner.scope('loss', () =>
      weightedCrossEntropy(logits, chunk.targets, reshape(chunk.weights, [rows, 1])),
    )
    const ones = graph.shared(`ones/${rows}x1`, () =>
      graph.constant(new Float32Array(rows).fill(1), [rows, 1], `ones/${rows}x1`),
    )
    const loss = inner.scope('loss', () => inner.silently(() => reshape(reduceSum(losses, [0]), [])))
    return { loss, seeds: [[losses, ones]] as const }
  }

  if (chunks === 1) {
    const squeeze = (value: Value) => graph.silently(() => reshape(value, value.shape.slice(1)))
    const { loss, seeds } = pass(graph, {
      tokens: squeeze(batch.tokens),
      targets: squeeze(batch.targets),
      weights: squeeze(batch.weights),
    })
    return { loss, gradients: gradients(graph, seeds, wrt) }
  }

  const zeros = (shape: Shape) =>
    graph.emit('ConstantOfShape', [graph.integers(shape)], shape, { dataType: 'float32' })
  const trips = graph.constant(BigInt64Array.of(BigInt(chunks)), [], 'chunks')
  let entering: readonly Value[] = []
  const [total, ...sums] = loop(graph, 'chunk', trips, (body) => {
    // 1. Forward over one chunk.
    const lossSum = body.carry('loss', zeros([]))
    const { loss, seeds } = pass(body.graph, {
      tokens: body.at(batch.tokens),
      targets: body.at(batch.targets),
      weights: body.at(batch.weights),
    })
    // 2. Backward to the values that enter the loop from outside, on top of the sums so far.
    entering = frontier(body.graph, wrt)
    const sumsSoFar = entering.map((value) => body.carry(value.name, zeros(value.shape)))
    return { next: [add(loss, lossSum), ...gradients(body.graph, seeds, entering, sumsSoFar)] }
  })

  // 3. What is left of the chain rule outside the loop.
  const pairs = entering.map((value, i) => [value, sums[i]!] as const)
  return { loss: total!, gradients: gradients(graph, pairs, wrt) }
}
