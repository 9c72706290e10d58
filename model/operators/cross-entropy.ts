import { graphOf, ShapeError, type Value } from '../graph/graph.js'
import { adding, mul, negate, reduceSum } from './arithmetic.js'
import { oneHot } from './shape.js'

/** Added to probabilities, so that the loss of an impossible target is finite (69 nats). */
const SMALLEST = 1e-30

/**
 * Cross-entropy of each row against its target, times a weight, in nats.
 *
 * @param logits [R, V]
 * @param targets int32 [R], in 0..V−1
 * @param weights [R, 1]; 0 leaves a row out
 * @returns [R, 1]
 */
export function weightedCrossEntropy(logits: Value, targets: Value, weights: Value): Value {
  const [rows, classes] = logits.shape as [number, number]
  if (targets.shape[0] !== rows || weights.shape[0] !== rows)
    throw new ShapeError('cross-entropy', 'row counts differ', [logits, targets, weights])
  const graph = graphOf(logits, targets, weights)
  const { probabilities, hot, loss } = graph.silently(() => {
    const probabilities = graph.emit('Softmax', [logits], logits.shape, { attributes: { axis: -1 } })
    const hot = oneHot(targets, classes)
    const ofTarget = reduceSum(mul(probabilities, hot), [1])
    const safe = graph.emit('Add', [ofTarget, graph.scalar(SMALLEST)], [rows, 1])
    const loss = mul(negate(graph.emit('Log', [safe], [rows, 1])), weights)
    return { probabilities, hot, loss }
  })
  return graph.record([logits], loss, (dy) => [
    adding(() => mul(graph.emit('Sub', [probabilities, hot], logits.shape), mul(dy, weights))),
  ])
}
