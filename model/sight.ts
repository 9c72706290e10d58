import { InputError } from '../common/error.js'
import type { Process } from './denoiser.js'
import type { Network } from './network.js'
import { toldTimes } from './networks/time.js'

/**
 * Throws InputError where a network sees what it shall predict, and would learn to repeat it, or does not see what its process
 * leaves to be seen, or is not told what its process tells.
 */
export function checkSight({ config, parameters, looksBack }: Network, { name, lag, times }: Process): void {
  if (looksBack !== lag > 0)
    throw new InputError(
      'model.kind',
      config.kind,
      `a network that looks ${lag > 0 ? 'back only' : 'both ways'}, to learn ${name}`,
    )
  const told = toldTimes(parameters)
  if (told !== times)
    throw new InputError(
      'model.times',
      told,
      times === undefined ? 'none: its process tells no times' : `${times}, the steps that its process tells`,
    )
}
