import { networkModel } from './network-model.js'

/**
 * denoise.onnx: the network as a function of its parameters, for evaluation and sampling during training.
 *
 * Inputs: parameter buckets `parameters.0`, …; `tokens` int32 [T, B]; `times` int32 [B] where the network is told. Output: `log_probabilities` [T·B, V], nats.
 */
export const denoiseModel = networkModel('denoise', (graph, parameters, network, batch) => {
  const tokens = graph.input('tokens', [network.shape.length, batch], 'int32')
  const times = network.shape.times === undefined ? undefined : graph.input('times', [batch], 'int32')
  const logits = network.logits(parameters, tokens, undefined, times)
  graph.output(
    graph.emit('LogSoftmax', [logits], logits.shape, { attributes: { axis: -1 }, name: 'log_probabilities' }),
  )
})
