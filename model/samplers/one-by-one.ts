import type { Random } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import { drawToken } from './draw.js'
import type { SampleOptions } from './sampler.js'

/** How the strings of a batch are filled. */
export interface Filling {
  /** Each string's own random numbers: one per token. */
  readonly streams: readonly Random[]
  /** Each string's positions in the order in which they are revealed. */
  readonly orders: readonly Int32Array[]
  readonly temperature: number
}

/**
 * Fills every hidden token of a batch, one token of each string per call.
 *
 * @param strings [B, T] all MASK; filled in place
 */
export async function fillOneByOne(
  denoiser: Denoiser,
  strings: Int32Array,
  { streams, orders, temperature }: Filling,
  options: SampleOptions,
): Promise<void> {
  const { tokens: length, vocabulary } = denoiser
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
