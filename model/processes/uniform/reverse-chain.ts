import { drawFromCumulative, uniformInteger } from '../../../common/random.js'
import type { Denoiser } from '../../denoiser.js'
import type { SampleOptions } from '../../samplers/config.js'
import { stringStreams } from '../../samplers/fill.js'
import { previousStep, type UniformSchedule } from './chain.js'

/**
 * Runs the chain of uniform noise backwards (D3PM, arXiv 2107.03006): from uniformly random strings, every token of
 * every step is drawn from p(x_{t−1} | x_t), the posterior under the denoiser's probabilities of x_0.
 *
 * @param strings [B, T]; overwritten
 * @param first index of the batch's first string: each string has its own random stream
 */
export async function reverseChainSample(
  denoiser: Denoiser,
  strings: Int32Array,
  first: number,
  { alpha, kept }: UniformSchedule,
  options: SampleOptions,
): Promise<void> {
  const { length, vocabulary } = denoiser
  const streams = stringStreams(options.seed, first, strings.length / length)
  for (let at = 0; at < strings.length; at++)
    strings[at] = uniformInteger(streams[Math.floor(at / length)]!, vocabulary)
  const previous = new Float64Array(vocabulary)
  const times = new Int32Array(strings.length / length)
  for (let t = alpha.length - 1; t >= 1; t--) {
    options.onState?.(strings)
    const start = (await denoiser.logProbabilities(strings, times.fill(t))).map(Math.exp)
    for (let at = 0; at < strings.length; at++) {
      previousStep(strings[at]!, start, at * vocabulary, alpha[t]!, kept[t - 1]!, previous)
      for (let a = 1; a < vocabulary; a++) previous[a]! += previous[a - 1]!
      strings[at] = drawFromCumulative(streams[Math.floor(at / length)]!, previous)
    }
  }
}
