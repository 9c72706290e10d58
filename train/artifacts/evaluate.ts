import { encodeModel } from '../../model/graph/encode.js'
import { Graph, type Lowering } from '../../model/graph/graph.js'
import type { Network } from '../../model/network.js'
import { reduceSum, reshape } from '../../model/operators/arithmetic.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { type ParameterLayout, unpack } from '../../model/parameters.js'

/**
 * eval.onnx: the cross-entropy of hidden tokens, summed over each string; strings with exactly k hidden tokens give the
 * bound's term CE_k without their predictions leaving the device.
 *
 * Inputs: parameter buckets; `tokens` int32 [T, B], MASK where hidden; `targets` int32 [T·B]; `weights` [T·B], 1 where the
 * token counts. Output: `loss` [B], nats.
 */
export function evaluateModel(
  network: Network,
  layout: ParameterLayout,
  batch: number,
  lowering: Lowering,
): Uint8Array {
  const { length: T } = network.shape
  const graph = new Graph('eval', lowering)
  const buckets = layout.sizes.map((size, b) => graph.input(`parameters.${b}`, [size]))
  const tokens = graph.input('tokens', [T, batch], 'int32')
  const targets = graph.input('targets', [T * batch], 'int32')
  const weights = graph.input('weights', [T * batch])
  const parameters = graph.scope('parameters', () => unpack(layout, buckets))
  const logits = network.logits(parameters.get, tokens)
  const losses = weightedCrossEntropy(logits, targets, reshape(weights, [T * batch, 1]))
  graph.output(reshape(reduceSum(reshape(losses, [T, batch]), [0]), [batch]), 'loss')
  return encodeModel(graph)
}
