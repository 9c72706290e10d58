/** What networks and losses are made of: every operator records how cotangents flow back through it. */

export {
  add,
  div,
  exp,
  gelu,
  log,
  mul,
  negate,
  reduceMean,
  reduceSum,
  reshape,
  scale,
  sqrt,
  sub,
  tanh,
} from './arithmetic.js'
export { type AttentionOptions, attention } from './attention.js'
export { weightedCrossEntropy } from './cross-entropy.js'
export { linear } from './linear.js'
export { weightedPosteriorDivergence } from './posterior-divergence.js'
export { normalise, softmax } from './reduce.js'
export { concat, gather, oneHot, selectRows, split, transpose } from './shape.js'
