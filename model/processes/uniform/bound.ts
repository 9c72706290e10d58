import { stream } from '../../../common/random.js'
import type { TokenMatrix } from '../../../common/strings.js'
import type { Denoiser } from '../../denoiser.js'
import { type Nelbo, nelboOf } from '../../nelbo.js'
import { noisyToken, previousStep, type UniformSchedule } from './chain.js'

/**
 * Σ_t KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)) + KL(q(x_steps | x_0) ‖ uniform), one time per string in each of T equal
 * stretches of the chain; `crossEntropy` is the share of each stretch. The same noise under one seed.
 */
export async function uniformBound(
  denoiser: Denoiser,
  { alpha, kept }: UniformSchedule,
  strings: TokenMatrix,
  seed: string,
): Promise<Nelbo> {
  const { length, tokens } = strings
  const { vocabulary } = denoiser
  const steps = alpha.length - 1
  const sums = new Float64Array(length)
  const perString = new Float64Array(strings.count)
  const known = new Float64Array(vocabulary)
  const predicted = new Float64Array(vocabulary)
  const hot = new Float64Array(vocabulary)
  const prior = length * divergenceFromUniform(kept[steps]!, vocabulary)
  const perBatch = Math.max(1, Math.floor(denoiser.preferredBatch / length))
  for (let first = 0; first < strings.count; first += perBatch) {
    const size = Math.min(perBatch, strings.count - first)
    const noisy = new Int32Array(size * length * length)
    const times = new Int32Array(size * length)
    for (let row = 0; row < times.length; row++) {
      const i = first + Math.floor(row / length)
      const random = stream(seed, 'bound', `${i}/${row % length}`)
      const fraction = ((row % length) + random()) / length
      times[row] = Math.min(steps, Math.floor(steps * fraction) + 1)
      for (let t = 0; t < length; t++)
        noisy[row * length + t] = noisyToken(tokens[i * length + t]!, kept[times[row]!]!, vocabulary, random)
    }
    const start = (await denoiser.logProbabilities(noisy, times)).map(Math.exp)
    for (let row = 0; row < times.length; row++) {
      const i = first + Math.floor(row / length)
      const time = times[row]!
      let loss = 0
      for (let t = 0; t < length; t++) {
        const at = row * length + t
        hot.fill(0)
        hot[tokens[i * length + t]!] = 1
        previousStep(noisy[at]!, hot, 0, alpha[time]!, kept[time - 1]!, known)
        previousStep(noisy[at]!, start, at * vocabulary, alpha[time]!, kept[time - 1]!, predicted)
        for (let a = 0; a < vocabulary; a++)
          if (known[a]! > 0) loss += known[a]! * Math.log(known[a]! / predicted[a]!)
      }
      const share = (steps / length) * loss + prior / length
      sums[row % length]! += share
      perString[i]! += share
    }
  }
  return nelboOf(perString, sums)
}

/** KL of one token after the whole chain from the uniform distribution it should have reached. */
function divergenceFromUniform(kept: number, vocabulary: number): number {
  const [same, other] = [kept + (1 - kept) / vocabulary, (1 - kept) / vocabulary]
  return same * Math.log(same * vocabulary) + (vocabulary - 1) * other * Math.log(other * vocabulary)
}
