import { stream } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import { fillOneByOne } from './one-by-one.js'
import type { SampleOptions } from './sampler.js'

/**
 * Fills the tokens of a batch from first to last, one per call: exact for an autoregressive network.
 *
 * @param strings [B, T] all MASK; filled in place
 * @param first index of the batch's first string: each string has its own random stream
 */
export async function leftToRightSample(
  denoiser: Denoiser,
  strings: Int32Array,
  first: number,
  temperature: number,
  options: SampleOptions,
): Promise<void> {
  const { tokens: length } = denoiser
  const count = strings.length / length
  const streams = Array.from({ length: count }, (_, i) => stream(options.seed, 'sample', first + i))
  const ascending = Int32Array.from({ length }, (_, t) => t)
  await fillOneByOne(
    denoiser,
    strings,
    { streams, orders: streams.map(() => ascending), temperature },
    options,
  )
}
