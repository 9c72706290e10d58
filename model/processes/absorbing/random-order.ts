import { drawSubset, type Random, stream } from '../../../common/random.js'

/**
 * A uniformly random order in which to reveal a string's tokens, from the first numbers of its stream (arXiv 2409.02908:
 * filling one by one in this order is the first-hitting sampler of an absorbing process).
 */
export function randomOrder(random: Random, length: number): Int32Array {
  const order = new Int32Array(length)
  drawSubset(random, length, length, order)
  return order
}

/** The order in which random-order sampling reveals string i. */
export function revealOrder(seed: string, i: number, length: number): Int32Array {
  return randomOrder(stream(seed, 'sample', i), length)
}
