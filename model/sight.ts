import { InputError } from '../common/error.js'
import type { Process } from './denoiser.js'
import type { Network } from './network.js'

/**
 * Throws InputError where a network sees what it shall predict, and would learn to repeat it, or does not see what its process
 * leaves to be seen.
 */
export function checkSight({ config, looksBack }: Network, { name, lag }: Process): void {
  if (looksBack !== lag > 0)
    throw new InputError(
      'model.kind',
      config.kind,
      `a network that looks ${lag > 0 ? 'back only' : 'both ways'}, to learn ${name}`,
    )
}
