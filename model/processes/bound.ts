import { stream } from '../../common/random.js'
import { meanAndError } from '../../common/statistics.js'
import type { TokenMatrix } from '../../common/strings.js'
import type { Denoiser } from '../denoiser.js'
import type { UniformProcess } from '../process.js'
import { estimateNelbo, exactBound, type Nelbo } from './absorbing/nelbo.js'
import { noisyToken, previousStep, uniformSchedule } from './uniform/chain.js'

/**
 * The bound on −ln p of a set of strings that belongs to what a denoiser has learned, in nats per string: the
 * mask-count NELBO, the exact log-likelihood of an autoregressive network, or the bound of uniform noise. All have the
 * same floors, so their curves compare.
 *
 * @param exact whether the mask-count NELBO sums over all masks, 2^T − 1 predictions per string
 */
export function estimateBound(
  denoiser: Denoiser,
  strings: TokenMatrix,
  seed: string,
  exact = false,
): Promise<Nelbo> {
  switch (denoiser.process?.kind) {
    case undefined:
      return exact ? exactBound(denoiser, strings) : estimateNelbo(denoiser, strings, seed)
    case 'autoregressive':
      return autoregressiveLikelihood(denoiser, strings)
    case 'uniform':
      return uniformBound(denoiser, denoiser.process, strings, seed)
  }
}

/** −ln p(x) = Σ_t −ln p(x_t | x_<t), exact; `crossEntropy[t]` belongs to position t. */
async function autoregressiveLikelihood(denoiser: Denoiser, strings: TokenMatrix): Promise<Nelbo> {
  const { length, tokens } = strings
  const sums = new Float64Array(length)
  const perString = new Float64Array(strings.count)
  for (let first = 0; first < strings.count; first += denoiser.preferredBatch) {
    const size = Math.min(denoiser.preferredBatch, strings.count - first)
    const batch = tokens.subarray(first * length, (first + size) * length)
    const predictions = await denoiser.logProbabilities(batch)
    for (let at = 0; at < batch.length; at++) {
      const loss = -predictions[at * denoiser.vocabulary + batch[at]!]!
      sums[at % length]! += loss
      perString[first + Math.floor(at / length)]! += loss
    }
  }
  return { ...meanAndError(perString), crossEntropy: Array.from(sums, (sum) => sum / strings.count) }
}

/**
 * Σ_t KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)) + KL(q(x_steps | x_0) ‖ uniform), one time per string in each of T equal
 * stretches of the chain; `crossEntropy` is the share of each stretch. The same noise under one seed.
 */
async function uniformBound(
  denoiser: Denoiser,
  process: UniformProcess,
  strings: TokenMatrix,
  seed: string,
): Promise<Nelbo> {
  const { length, tokens } = strings
  const { vocabulary } = denoiser
  const { alpha, kept } = uniformSchedule(process)
  const sums = new Float64Array(length)
  const perString = new Float64Array(strings.count)
  const [known, predicted, hot] = [0, 0, 0].map(() => new Float64Array(vocabulary)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const prior = length * divergenceFromUniform(kept[process.steps]!, vocabulary)
  const perBatch = Math.max(1, Math.floor(denoiser.preferredBatch / length))
  for (let first = 0; first < strings.count; first += perBatch) {
    const size = Math.min(perBatch, strings.count - first)
    const noisy = new Int32Array(size * length * length)
    const times = new Int32Array(size * length)
    for (let row = 0; row < times.length; row++) {
      const i = first + Math.floor(row / length)
      const random = stream(seed, 'bound', `${i}/${row % length}`)
      const fraction = ((row % length) + random()) / length
      times[row] = Math.min(process.steps, Math.floor(process.steps * fraction) + 1)
      for (let t = 0; t < length; t++)
        noisy[row * length + t] = noisyToken(tokens[i * length + t]!, kept[times[row]!]!, vocabulary, random)
    }
    const start = (await denoiser.logProbabilities(noisy)).map(Math.exp)
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
      const share = (process.steps / length) * loss + prior / length
      sums[row % length]! += share
      perString[i]! += share
    }
  }
  return { ...meanAndError(perString), crossEntropy: Array.from(sums, (sum) => sum / strings.count) }
}

/** KL of one token after the whole chain from the uniform distribution it should have reached. */
function divergenceFromUniform(kept: number, vocabulary: number): number {
  const [same, other] = [kept + (1 - kept) / vocabulary, (1 - kept) / vocabulary]
  return same * Math.log(same * vocabulary) + (vocabulary - 1) * other * Math.log(other * vocabulary)
}
