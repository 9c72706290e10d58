import { reduceSum, reshape } from '../../model/operators/arithmetic.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { networkModel } from './network-model.js'

/**
 * eval.onnx: the cross-entropy of hidden tokens, summed over each string; strings with exactly k hidden tokens give the
 * bound's term CE_k without their predictions leaving the device.
 *
 * Inputs: parameter buckets; `tokens` int32 [T, B], MASK where hidden; `targets` int32 [T·B]; `weights` [T·B], 1 where the
 * token counts. Output: `loss` [B], nats.
 */
export const evaluateModel = networkModel('eval', (graph, parameters, network, batch) => {
  const { length: T } = network.shape
  const tokens = graph.input('tokens', [T, batch], 'int32')
  const targets = graph.input('targets', [T * batch], 'int32')
  const weights = graph.input('weights', [T * batch])
  const logits = network.logits(parameters, tokens)
  const losses = weightedCrossEntropy(logits, targets, reshape(weights, [T * batch, 1]))
  graph.output(reshape(reduceSum(reshape(losses, [T, batch]), [0]), [batch]), 'loss')
})
