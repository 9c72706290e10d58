import { div, reshape } from '../../model/operators/arithmetic.js'
import { loop } from '../../model/operators/loop.js'
import { softmax } from '../../model/operators/reduce.js'
import { networkModel } from './network-model.js'

/**
 * sample.onnx: the whole one-token-per-call sampler of an absorbing process. A Loop over T steps predicts, at step j, only
 * the rows that are revealed then, and draws their tokens by inverse distribution function in float64.
 *
 * Inputs: parameter buckets; `rows` int32 [T, B], row t·B + b of the token that string b reveals at each step; `uniforms`
 * float64 [T, B]; `temperature` scalar. Output: `tokens` int32 [T, B].
 */
export const sampleModel = networkModel('sample', (graph, parameters, network, batch) => {
  const { length: T, vocabulary: V } = network.shape
  const order = graph.input('rows', [T, batch], 'int32')
  const uniforms = graph.input('uniforms', [T, batch], 'float64')
  const temperature = graph.input('temperature', [])
  const steps = graph.constant(BigInt64Array.of(BigInt(T)), [], 'steps')
  const hidden = graph.constant(new Int32Array(T * batch).fill(V), [T, batch], 'hidden')

  const [tokens] = loop(
    graph,
    'step',
    steps,
    (body) => {
      const inner = body.graph
      const strings = body.carry('tokens', hidden)
      const rows = body.at(order)
      const logits = network.logits(parameters, strings, { rows })
      return inner.scope('draw', () => {
        const probabilities = inner.emit('Cast', [softmax(div(logits, temperature))], [batch, V], {
          attributes: { to: DOUBLE },
          dataType: 'float64',
        })
        const axis = inner.constant(BigInt64Array.of(1n), [], 'axis')
        const cumulative = inner.emit('CumSum', [probabilities, axis], [batch, V])
        const total = inner.emit('ReduceSum', [probabilities, inner.integers([1])], [batch, 1], {
          attributes: { keepdims: 1 },
        })
        const threshold = inner.emit('Mul', [reshape(body.at(uniforms), [batch, 1]), total], [batch, 1])
        const passed = inner.emit('LessOrEqual', [cumulative, threshold], [batch, V], { dataType: 'bool' })
        const ones = inner.emit('Cast', [passed], [batch, V], {
          attributes: { to: INT32 },
          dataType: 'int32',
        })
        const count = inner.emit('ReduceSum', [ones, inner.integers([1])], [batch], {
          attributes: { keepdims: 0 },
        })
        // Rounding may leave the last sum below the threshold.
        const last = inner.constant(Int32Array.of(V - 1), [], 'last_token')
        const drawn = inner.emit('Min', [count, last], [batch], { dataType: 'int32' })
        const flat = reshape(strings, [T * batch])
        const filled = inner.emit('ScatterElements', [flat, rows, drawn], [T * batch], {
          attributes: { axis: 0 },
        })
        return { next: [reshape(filled, [T, batch])] }
      })
    },
    { names: ['tokens'] },
  )
  graph.output(tokens!)
})

/** Element types as Cast names them. */
const [INT32, DOUBLE] = [6, 11]
