import { encodeModel } from '../../model/graph/encode.js'
import { Graph, type Lowering } from '../../model/graph/graph.js'
import type { Network } from '../../model/network.js'
import { type ParameterLayout, unpack } from '../../model/parameters.js'

/**
 * denoise.onnx: the network as a function of its parameters, for evaluation and sampling during training.
 *
 * Inputs: parameter buckets `parameters.0`, …; `tokens` int32 [T, B]. Output: `log_probabilities` [T·B, V], nats.
 */
export function denoiseModel(
  network: Network,
  layout: ParameterLayout,
  batch: number,
  lowering: Lowering,
): Uint8Array {
  const graph = new Graph('denoise', lowering)
  const buckets = layout.sizes.map((size, b) => graph.input(`parameters.${b}`, [size]))
  const tokens = graph.input('tokens', [network.shape.length, batch], 'int32')
  const parameters = graph.scope('parameters', () => unpack(layout, buckets))
  const logits = network.logits(parameters.get, tokens)
  graph.output(
    graph.emit('LogSoftmax', [logits], logits.shape, { attributes: { axis: -1 }, name: 'log_probabilities' }),
  )
  return encodeModel(graph)
}
