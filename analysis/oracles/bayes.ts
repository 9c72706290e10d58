import type { Source } from '../../corpus/source.js'
import type { Denoiser } from '../../model/denoiser.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'

/**
 * The best that a denoiser can do that knows the hierarchy up to level ℓ: BP_ℓ, exactly. BP_L is the exact posterior; its
 * NELBO is −ln p(x), that of BP_ℓ on average H_ℓ. Throws RangeError where the source's posterior is not known.
 *
 * @param depth ℓ in 0..L, default L
 *
 * @example
 * ```ts
 * import { bayesDenoiser } from 'pcfg-diffusion/analysis'
 * import { rhmSource } from 'pcfg-diffusion/corpus'
 * import { compile, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * // The strings are 01 and 11; MASK is 2.
 * const source = rhmSource(compile(randomRhm({ v: 2, m: 1, s: 2, L: 1, seed: '6' })))
 * const hidden = Int32Array.of(2, 2)
 * await bayesDenoiser(source).logProbabilities(hidden) // → [-0.693, -0.693, -Infinity, 0]
 * ```
 */
export function bayesDenoiser(source: Source, depth = source.truth.levels?.depth ?? 0): Denoiser {
  const posterior = source.truth.posterior?.(depth)
  if (!posterior) throw new RangeError(`bayesDenoiser: nothing is known of ${source.description}`)
  return {
    length: source.length,
    vocabulary: source.vocabulary,
    process: MASKING,
    preferredBatch: 1024,
    logProbabilities: async (strings) => posterior.marginals(strings).map(Math.log),
  }
}
