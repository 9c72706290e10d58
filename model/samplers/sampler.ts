import type { Random } from '../../common/random.js'
import type { Denoiser } from '../denoiser.js'
import { ancestralSample } from '../processes/absorbing/ancestral.js'
import { randomOrder } from '../processes/absorbing/random-order.js'
import { reverseChainSample } from '../processes/uniform/reverse-chain.js'
import { fillOneByOne } from './one-by-one.js'

/**
 * How strings are drawn from a denoiser.
 *
 * - random-order: one token per call in uniformly random order; unbiased for an exact denoiser (arXiv 2409.02908).
 * - ancestral: T steps, several tokens at once; fewer calls and a known bias.
 *
 * Denoisers that undo something other than masking have one sampler each: left to right, or the chain backwards.
 */
export type SamplerConfig =
  | { readonly kind: 'random-order'; readonly temperature: number }
  | {
      readonly kind: 'ancestral'
      readonly steps: number
      readonly grid: 'uniform' | 'cosine'
      readonly temperature: number
    }

export interface SampleOptions {
  /** Number of strings. */
  readonly count: number
  readonly seed: string
  /** Called with every state the sampler shows the denoiser, [B, T] with MASK: for metrics on trajectories. */
  readonly onState?: ((strings: Int32Array) => void) | undefined
  readonly onProgress?: ((strings: number) => void) | undefined
}

/** Draws strings; string i is a pure function of (seed, i) and the denoiser. Returns [count, T] row-major. */
export async function sample(
  denoiser: Denoiser,
  config: SamplerConfig,
  options: SampleOptions,
): Promise<Int32Array> {
  const length = denoiser.tokens
  const leftToRight = Int32Array.from({ length }, (_, t) => t)
  const out = new Int32Array(options.count * length).fill(denoiser.vocabulary)
  for (let first = 0; first < options.count; first += denoiser.preferredBatch) {
    const size = Math.min(denoiser.preferredBatch, options.count - first)
    const strings = out.subarray(first * length, (first + size) * length)
    const fill = (orderOf: (random: Random) => Int32Array) =>
      fillOneByOne(denoiser, strings, first, orderOf, config.temperature, options)
    if (denoiser.process?.kind === 'autoregressive') await fill(() => leftToRight)
    else if (denoiser.process?.kind === 'uniform')
      await reverseChainSample(denoiser, strings, first, denoiser.process, options)
    else if (config.kind === 'random-order') await fill((random) => randomOrder(random, length))
    else await ancestralSample(denoiser, strings, first, config, options)
    options.onProgress?.(first + size)
  }
  return out
}
