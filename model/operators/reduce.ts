import { graphOf, type Value } from '../graph/graph.js'
import { adding, mul, reduceMean, reduceSum, sub } from './arithmetic.js'

/** Softmax over the last axis. */
export function softmax(x: Value): Value {
  const graph = graphOf(x)
  const y = graph.emit('Softmax', [x], x.shape, { attributes: { axis: -1 } })
  return graph.record([x], y, (dy) => [adding(() => softmaxCotangent(y, dy))])
}

/** dx of y = softmax(x): y∘dy − y·Σ(y∘dy). */
export function softmaxCotangent(y: Value, dy: Value): Value {
  const weighted = mul(y, dy)
  return sub(weighted, mul(y, reduceSum(weighted, [y.shape.length - 1])))
}

/**
 * Rows shifted to mean 0 and scaled to variance 1 over the last axis, without learned scale or shift: those
 * belong to the next linear map, where they are weight-sized work.
 */
export function normalise(x: Value): Value {
  const graph = graphOf(x)
  const last = x.shape.length - 1
  const width = x.shape[last]!
  const ones = graph.shared(`ones/${width}`, [width], () => new Float32Array(width).fill(1))
  const rowShape = [...x.shape.slice(0, last), 1]
  const [y, , inverseDeviation] = graph.emitMany('LayerNormalization', [x, ones], [x.shape, null, rowShape], {
    attributes: { axis: -1, epsilon: { float: 1e-5 } },
  })
  return graph.record([x], y!, (dy) => [
    adding(() => {
      const aligned = mul(y!, reduceMean(mul(dy, y!), [last]))
      return mul(sub(sub(dy, reduceMean(dy, [last])), aligned), inverseDeviation!)
    }),
  ])
}
