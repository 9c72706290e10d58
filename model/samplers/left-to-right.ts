import { stream } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import { drawToken } from './draw.js'
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
  const { tokens: length, vocabulary } = denoiser
  const count = strings.length / length
  const streams = Array.from({ length: count }, (_, i) => stream(options.seed, 'sample', first + i))
  for (let t = 0; t < length; t++) {
    options.onState?.(strings)
    const predictions = await denoiser.logProbabilities(strings)
    for (let i = 0; i < count; i++) {
      const at = i * length + t
      strings[at] = drawToken(predictions, at * vocabulary, vocabulary, temperature, streams[i]!)
    }
  }
}
