import { z } from 'zod'
import type { TokenMatrix } from '../../../common/strings.js'
import { type BatchArrays, batchPart } from '../../batch.js'
import type { CleanBatch, Denoiser, Process } from '../../denoiser.js'
import { type Nelbo, nelboOf } from '../../nelbo.js'
import { weightedCrossEntropy } from '../../operators/cross-entropy.js'
import { asColumn } from '../../operators/shape.js'
import { fillOneByOne } from '../../samplers/fill.js'

export const autoregressiveSchema = z
  .strictObject({ kind: z.literal('autoregressive') })
  .describe('the next token from those before it; for networks that look back only')

/** Nothing is corrupted; every token is predicted from those before it. */
export function autoregressive(): Process {
  return {
    name: 'to predict the next token',
    fillsMasks: false,
    boundOver: 'positions',
    lag: 1,
    parts: (length, strings) => [
      batchPart('tokens', [length, strings]),
      batchPart('targets', [length * strings]),
      batchPart('weights', [length * strings], 'float32'),
    ],
    fill: (clean, _, out) => shiftBatch(clean, out),
    chosen: () => undefined,
    losses: (logits, input) => weightedCrossEntropy(logits, input('targets'), asColumn(input('weights'))),
    unread({ sampler, exact }) {
      if (sampler.kind !== 'random-order')
        return ['sampler', sampler.kind, 'none: this network samples left to right']
      return exact ? ['exact', exact, 'false: the likelihood of this network is exact already'] : undefined
    },
    sample(denoiser, strings, first, options) {
      const leftToRight = Int32Array.from({ length: denoiser.length }, (_, t) => t)
      return fillOneByOne(denoiser, strings, first, () => leftToRight, options)
    },
    bound: likelihood,
  }
}

/** The network reads the string moved one place on, MASK in front. */
function shiftBatch({ strings, length, vocabulary, chunk }: CleanBatch, out: BatchArrays): void {
  const batch = strings.length / length
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      const row = (Math.floor(b / chunk) * length + t) * chunk + (b % chunk)
      out.tokens![row] = t === 0 ? vocabulary : strings[b * length + t - 1]!
      out.targets![row] = strings[b * length + t]!
      out.weights![row] = 1 / (batch * length)
    }
  }
}

/** −ln p(x) = Σ_t −ln p(x_t | x_<t), exact; `crossEntropy[t]` belongs to position t. */
async function likelihood(denoiser: Denoiser, { tokens, count, length }: TokenMatrix): Promise<Nelbo> {
  const sums = new Float64Array(length)
  const perString = new Float64Array(count)
  for (let first = 0; first < count; first += denoiser.preferredBatch) {
    const size = Math.min(denoiser.preferredBatch, count - first)
    const batch = tokens.subarray(first * length, (first + size) * length)
    const predictions = await denoiser.logProbabilities(batch)
    for (let at = 0; at < batch.length; at++) {
      const loss = -predictions[at * denoiser.vocabulary + batch[at]!]!
      sums[at % length]! += loss
      perString[first + Math.floor(at / length)]! += loss
    }
  }
  return nelboOf(perString, sums)
}
