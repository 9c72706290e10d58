import { graphOf, ShapeError, type Value } from '../graph/graph.js'
import { add, adding, log, mul, negate, reduceSum, sub } from './arithmetic.js'
import { softmax } from './reduce.js'
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
    const probabilities = softmax(logits)
    const hot = oneHot(targets, classes)
    const ofTarget = reduceSum(mul(probabilities, hot), [1])
    const safe = add(ofTarget, graph.scalar(SMALLEST))
    return { probabilities, hot, loss: mul(negate(log(safe)), weights) }
  })
  return graph.record([logits], loss, (dy) => [adding(() => mul(sub(probabilities, hot), mul(dy, weights)))])
}
