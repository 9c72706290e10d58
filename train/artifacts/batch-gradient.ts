import { frontier, gradients } from '../../model/graph/autodiff.js'
import type { Graph, Lowering, Value } from '../../model/graph/graph.js'
import type { Network } from '../../model/network.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { add } from '../../model/operators/elementwise.js'
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

  // 1. Forward over one chunk, in a graph of its own.
  const body = graph.nested('chunk')
  const iteration = body.input('iteration', [], 'int64')
  const condition = body.input('condition', [], 'bool')
  const lossSum = body.input('in/loss', [])
  const pick = (value: Value) =>
    body.emit('Gather', [value, iteration], value.shape.slice(1), {
      attributes: { axis: 0 },
      dataType: value.dataType,
    })
  const { loss, seeds } = pass(body, {
    tokens: pick(batch.tokens),
    targets: pick(batch.targets),
    weights: pick(batch.weights),
  })

  // 2. Backward to the values that enter the loop from outside, on top of the sums so far.
  const entering = frontier(body, wrt)
  const sums = entering.map((value) => body.input(`in/${value.name}`, value.shape))
  const totals = gradients(body, seeds, entering, sums)
  body.output(body.emit('Identity', [condition], [], { dataType: 'bool' }))
  for (const value of [add(loss, lossSum), ...totals]) body.output(value)

  // 3. The loop, and what is left of the chain rule outside it.
  const zeros = [[], ...entering.map((value) => value.shape)].map((shape) =>
    graph.emit('ConstantOfShape', [graph.integers(shape)], shape, { dataType: 'float32' }),
  )
  const trips = graph.constant(BigInt64Array.of(BigInt(chunks)), [], 'chunks')
  const [total, ...sumsOut] = graph.emitMany(
    'Loop',
    [trips, undefined, ...zeros],
    zeros.map((value) => value.shape),
    { attributes: { body }, dataType: 'float32' },
  )
  const pairs = entering.map((value, i) => [value, sumsOut[i]!] as const)
  return { loss: total!, gradients: gradients(graph, pairs, wrt) }
}
