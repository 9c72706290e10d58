import { graphOf, type Value } from '../graph/graph.js'
import { adding, mul, reduceMean, reduceSum } from './arithmetic.js'

/** Softmax over the last axis. */
export function softmax(x: Value): Value {
  const graph = graphOf(x)
  const y = graph.emit('Softmax', [x], x.shape, { attributes: { axis: -1 } })
  return graph.record([x], y, (dy) => [adding(() => softmaxCotangent(y, dy))])
}

/** dx of y = softmax(x): y∘dy − y·Σ(y∘dy). */
export function softmaxCotangent(y: Value, dy: Value): Value {
  const weighted = mul(y, dy)
  const graph = graphOf(weighted)
  return graph.emit('Sub', [weighted, mul(y, reduceSum(weighted, [y.shape.length - 1]))], y.shape)
}

/**
 * Rows shifted to mean 0 and scaled to variance 1 over the last axis, without learned scale or shift: those
 * belong to the next linear map, where they are weight-sized work.
 */
export function normalise(x: Value, epsilon = 1e-5): Value {
  const graph = graphOf(x)
  const width = x.shape[x.shape.length - 1]!
  const last = [x.shape.length - 1]
  const ones = graph.shared(`ones/${width}`, () =>
    graph.constant(new Float32Array(width).fill(1), [width], `ones/${width}`),
  )
  const rowShape = x.shape.map((length, i) => (i === x.shape.length - 1 ? 1 : length))
  const [y, , inverseDeviation] = graph.emitMany('LayerNormalization', [x, ones], [x.shape, null, rowShape], {
    attributes: { axis: -1, epsilon: { float: epsilon } },
  })
  return graph.record([x], y!, (dy) => [
    adding(() => {
      const aligned = mul(y!, reduceMean(mul(dy, y!), last))
      return mul(
        graph.emit('Sub', [graph.emit('Sub', [dy, reduceMean(dy, last)], dy.shape), aligned], dy.shape),
        inverseDeviation!,
      )
    }),
  ])
}
