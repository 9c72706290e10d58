import { tokenPosterior } from '../../grammar/inference/posterior.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'

/**
 * The best that a denoiser can do that knows the grammar up to level ℓ: BP_ℓ, exactly. BP_L is the exact posterior; its
 * NELBO is −ln p(x), that of BP_ℓ on average H_ℓ.
 */
export function bayesDenoiser(tables: RhmTables, depth = tables.L): Denoiser {
  const posterior = tokenPosterior(tables, depth)
  return {
    tokens: tables.d,
    vocabulary: tables.v,
    preferredBatch: 1024,
    logProbabilities: async (strings) => posterior.marginals(strings).map(Math.log),
  }
}
