import { type Random, stream } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import { ONE_BY_ONE, type SampleOptions } from './config.js'
import { drawToken } from './draw.js'

/** The random stream of each of `count` strings from `first`: a string depends on no other. */
export function stringStreams(seed: string, first: number, count: number): Random[] {
  return Array.from({ length: count }, (_, i) => stream(seed, 'sample', first + i))
}

/**
 * Fills every hidden token of a batch, one token of each string per call.
 *
 * @param strings [B, T] all MASK; filled in place
 * @param first index of the batch's first string: each string has its own random stream
 * @param orderOf the positions of a string in the order in which they are revealed; may draw from its stream
 */
export async function fillOneByOne(
  denoiser: Denoiser,
  strings: Int32Array,
  first: number,
  orderOf: (random: Random, length: number) => Int32Array,
  options: SampleOptions,
): Promise<void> {
  const { length } = denoiser
  const { temperature } = options.sampler ?? ONE_BY_ONE
  const streams = stringStreams(options.seed, first, strings.length / length)
  const orders = streams.map((random) => orderOf(random, length))
  if (denoiser.reveal && temperature > 0 && !options.onState) {
    const uniforms = Float64Array.from(strings, (_, at) => streams[Math.floor(at / length)]!())
    const flat = new Int32Array(strings.length)
    for (const [i, order] of orders.entries()) flat.set(order, i * length)
    strings.set(await denoiser.reveal(flat, uniforms, temperature))
    return
  }
  await fillInOrder(denoiser, strings, orders, streams, temperature, options.onState)
}

/**
 * Draws one token of each string per call of the denoiser.
 *
 * @param orders per string, the positions that are drawn, in order
 * @param streams per string, what its tokens are drawn from
 */
export async function fillInOrder(
  denoiser: Denoiser,
  strings: Int32Array,
  orders: readonly Int32Array[],
  streams: readonly Random[],
  temperature: number,
  onState?: SampleOptions['onState'],
): Promise<void> {
  const { length, vocabulary } = denoiser
  const most = Math.max(...orders.map((order) => order.length))
  for (let step = 0; step < most; step++) {
    onState?.(strings)
    const predictions = await denoiser.logProbabilities(strings)
    for (const [i, order] of orders.entries()) {
      if (step >= order.length) continue
      const at = i * length + order[step]!
      strings[at] = drawToken(predictions, at * vocabulary, vocabulary, temperature, streams[i]!)
    }
  }
}
