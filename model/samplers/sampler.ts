import { requireInteger } from '../../common/error.js'
import type { TokenMatrix } from '../../common/strings.js'
import type { Denoiser } from '../denoiser.js'
import { refuseUnread } from '../unread.js'
import type { SampleOptions } from './config.js'

/**
 * Draws strings; string i is a pure function of (seed, i) and the denoiser. Throws InputError where
 * the denoiser's process would not read what the sampler says.
 *
 * @example
 * ```ts
 * import { bayesDenoiser } from 'pcfg-diffusion/analysis'
 * import { rhmSource } from 'pcfg-diffusion/corpus'
 * import { compile, parse, randomRhm } from 'pcfg-diffusion/grammar'
 * import { sample } from 'pcfg-diffusion/model'
 *
 * const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * const strings = await sample(bayesDenoiser(rhmSource(tables)), { count: 100, seed: '0' })
 * parse(tables, strings.tokens)[3].includes(-1) // → false
 * ```
 */
export async function sample(denoiser: Denoiser, options: SampleOptions): Promise<TokenMatrix> {
  const { length, vocabulary, preferredBatch, process } = denoiser
  requireInteger('count', options.count, 0)
  if (options.sampler) refuseUnread(process, { sampler: options.sampler, exact: false })
  const out = new Int32Array(options.count * length).fill(vocabulary)
  for (let first = 0; first < options.count; first += preferredBatch) {
    const size = Math.min(preferredBatch, options.count - first)
    const strings = out.subarray(first * length, (first + size) * length)
    await process.sample(denoiser, strings, first, options)
    options.onProgress?.(first + size)
  }
  return { tokens: out, count: options.count, length }
}
