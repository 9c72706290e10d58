import type { Denoiser } from '../../denoiser.js'
import type { SampleOptions, SamplerConfig } from '../../samplers/config.js'
import { drawToken } from '../../samplers/draw.js'
import { stringStreams } from '../../samplers/fill.js'

/**
 * Ancestral sampling on a grid of times under the linear schedule: going from t to s, each hidden token is drawn
 * with probability (t − s)/t, all from the same prediction. The last step reveals whatever is left.
 *
 * @param strings [B, T] all MASK; filled in place
 * @param first index of the batch's first string: each string has its own random stream
 */
export async function ancestralSample(
  denoiser: Denoiser,
  strings: Int32Array,
  first: number,
  config: Extract<SamplerConfig, { kind: 'ancestral' }>,
  options: SampleOptions,
): Promise<void> {
  const { length, vocabulary } = denoiser
  const count = strings.length / length
  const streams = stringStreams(options.seed, first, count)
  for (let step = config.steps; step >= 1; step--) {
    const [t, s] = [gridTime(config, step), gridTime(config, step - 1)]
    const reveal = (t - s) / t
    options.onState?.(strings)
    const predictions = await denoiser.logProbabilities(strings)
    for (let i = 0; i < count; i++) {
      const random = streams[i]!
      for (let at = i * length; at < (i + 1) * length; at++) {
        if (strings[at] !== vocabulary || !(random() < reveal)) continue
        strings[at] = drawToken(predictions, at * vocabulary, vocabulary, config.temperature, random)
      }
    }
  }
}

/** Time of grid point `step` of 0..steps; the cosine grid takes small steps where most tokens are hidden. */
function gridTime(config: { steps: number; grid: 'uniform' | 'cosine' }, step: number): number {
  const fraction = step / config.steps
  return config.grid === 'uniform' ? fraction : Math.sin((Math.PI / 2) * fraction)
}
