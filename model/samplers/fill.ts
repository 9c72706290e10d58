import { type Random, stream } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import type { SampleOptions } from './config.js'
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
  orderOf: (random: Random) => Int32Array,
  temperature: number,
  options: SampleOptions,
): Promise<void> {
  const { length, vocabulary } = denoiser
  const streams = stringStreams(options.seed, first, strings.length / length)
  const orders = streams.map(orderOf)
  if (denoiser.reveal && temperature > 0 && !options.onState) {
    const uniforms = Float64Array.from(strings, (_, at) => streams[Math.floor(at / length)]!())
    const flat = new Int32Array(strings.length)
    for (const [i, order] of orders.entries()) flat.set(order, i * length)
    strings.set(await denoiser.reveal(flat, uniforms, temperature))
    return
  }
  for (let step = 0; step < length; step++) {
    options.onState?.(strings)
    const predictions = await denoiser.logProbabilities(strings)
    for (const [i, order] of orders.entries()) {
      const at = i * length + order[step]!
      strings[at] = drawToken(predictions, at * vocabulary, vocabulary, temperature, streams[i]!)
    }
  }
}
