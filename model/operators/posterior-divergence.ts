import { graphOf, ShapeError, type Value } from '../graph/graph.js'
import { add, div, log, mul, reduceSum, scale, sub } from './arithmetic.js'
import { softmax } from './reduce.js'
import { oneHot, split } from './shape.js'

/** Keeps logarithms of impossible symbols finite. */
const SMALLEST = 1e-30

/**
 * KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)) of uniform-noise diffusion in nats per row, times a weight (arXiv
 * 2107.03006), where p is the same posterior with the network's probabilities of x_0 in place of x_0. At t = 1 it is the
 * cross-entropy of x_0.
 *
 * @param logits [R, V] of x_0
 * @param current int32 [R]: x_t
 * @param targets int32 [R]: x_0
 * @param levels [R, 2]: α_t and ᾱ_{t−1}
 * @param weights [R, 1]
 * @returns [R, 1]
 */
export function weightedPosteriorDivergence(
  logits: Value,
  current: Value,
  targets: Value,
  levels: Value,
  weights: Value,
): Value {
  const [rows, V] = logits.shape as [number, number]
  if (current.shape[0] !== rows || targets.shape[0] !== rows || levels.shape[0] !== rows)
    throw new ShapeError('posterior divergence', 'row counts differ', [logits, current, targets, levels])
  const graph = graphOf(logits, current, targets, levels, weights)
  const [alpha, kept] = split(levels, 1, [1, 1]) as [Value, Value]
  const rest = (share: Value) => scale(sub(graph.scalar(1), share), 1 / V)
  // 1. What x_t says of x_{t−1}, and what x_0 says of it: known, and as the network has it.
  const fromCurrent = add(mul(oneHot(current, V), alpha), rest(alpha))
  const fromStart = (start: Value) => add(mul(start, kept), rest(kept))
  const known = mul(fromCurrent, fromStart(oneHot(targets, V)))
  const predicted = mul(fromCurrent, fromStart(softmax(logits)))
  // 2. Both normalised, in logarithms.
  const logOf = (x: Value) => log(add(x, graph.scalar(SMALLEST)))
  const logShare = (x: Value) => sub(logOf(x), logOf(reduceSum(x, [1])))
  const q = div(known, reduceSum(known, [1]))
  // 3. The divergence.
  return mul(reduceSum(mul(q, sub(logShare(known), logShare(predicted))), [1]), weights)
}
