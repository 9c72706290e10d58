import { drawSubset, type Random, stream } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import { fillOneByOne } from './one-by-one.js'
import type { SampleOptions } from './sampler.js'

/** The order in which {@link randomOrderSample} reveals string i, from the first positions of its stream. */
export function revealOrder(seed: string, i: number, length: number): Int32Array {
  return drawOrder(stream(seed, 'sample', i), length)
}

function drawOrder(random: Random, length: number): Int32Array {
  const order = new Int32Array(length)
  drawSubset(random, length, length, order)
  return order
}

/**
 * Fills every hidden token of a batch, one token of each string per call, in uniformly random order
 * (arXiv 2409.02908: the first-hitting sampler of an absorbing process).
 *
 * @param strings [B, T] all MASK; filled in place
 * @param first index of the batch's first string: each string has its own random stream
 */
export async function randomOrderSample(
  denoiser: Denoiser,
  strings: Int32Array,
  first: number,
  temperature: number,
  options: SampleOptions,
): Promise<void> {
  const { tokens: length } = denoiser
  const count = strings.length / length
  const streams = Array.from({ length: count }, (_, i) => stream(options.seed, 'sample', first + i))
  const orders = streams.map((random) => drawOrder(random, length))
  await fillOneByOne(denoiser, strings, { streams, orders, temperature }, options)
}
