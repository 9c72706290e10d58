import { batchPart } from '../../batch.js'
import { fullLayout, pairedLayout } from '../../batch-layout.js'
import type { Process } from '../../denoiser.js'
import { weightedCrossEntropy } from '../../operators/cross-entropy.js'
import { asColumn } from '../../operators/shape.js'
import { fillOneByOne } from '../../samplers/fill.js'
import { ancestralSample } from './ancestral.js'
import { maskBatch } from './batch.js'
import type { AbsorbingConfig } from './config.js'
import { estimateNelbo, exactBound } from './nelbo.js'
import { randomOrder } from './random-order.js'

/** Tokens turn into MASK and are predicted from the visible ones (arXiv 2406.04329). */
export function absorbing(config: AbsorbingConfig): Process {
  // k and T + 1 − k masks in the strings of a pair: only such batches have as many rows with loss every time.
  const layoutOf = config.loss === 'mask-count' ? pairedLayout : fullLayout
  return {
    name: 'to fill masks',
    fillsMasks: true,
    boundOver: 'mask counts',
    lag: 0,
    parts(length, strings) {
      const { scored, parts } = layoutOf(length, strings)
      return [
        batchPart('tokens', [length, strings]),
        ...parts,
        batchPart('targets', [scored]),
        batchPart('weights', [scored], 'float32'),
      ]
    },
    fill: (clean, random, out) => maskBatch(config, layoutOf(clean.length, clean.chunk), clean, random, out),
    chosen: (input, { length, strings }) => layoutOf(length, strings).selection(input),
    losses: (logits, input) => weightedCrossEntropy(logits, input('targets'), asColumn(input('weights'))),
    unread: () => undefined,
    sample(denoiser, strings, first, options) {
      const { sampler } = options
      return sampler?.kind === 'ancestral'
        ? ancestralSample(denoiser, strings, first, sampler, options)
        : fillOneByOne(denoiser, strings, first, randomOrder, options)
    },
    bound: (denoiser, strings, seed, exact = false) =>
      exact ? exactBound(denoiser, strings) : estimateNelbo(denoiser, strings, seed),
  }
}

/** Masking as most of this project means it: what oracles undo. */
export const MASKING: Process = absorbing({ kind: 'absorbing', loss: 'mask-count' })
