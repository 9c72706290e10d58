import { z } from 'zod'
import type { Process } from './denoiser.js'
import { absorbing } from './processes/absorbing/absorbing.js'
import { absorbingSchema } from './processes/absorbing/config.js'
import { autoregressive, autoregressiveSchema } from './processes/autoregressive/autoregressive.js'
import { uniformSchema } from './processes/uniform/chain.js'
import { uniform } from './processes/uniform/uniform.js'

/** Every process; add a kind here and a folder in processes/. */
export const processSchema = z.discriminatedUnion('kind', [
  absorbingSchema,
  uniformSchema,
  autoregressiveSchema,
])

/**
 * A process by its kind and what it depends on.
 *
 * @useDeclaredType
 */
export type ProcessConfig = z.output<typeof processSchema>

/** The process that a configuration describes. */
export function process(config: ProcessConfig): Process {
  switch (config.kind) {
    case 'absorbing':
      return absorbing(config)
    case 'uniform':
      return uniform(config)
    case 'autoregressive':
      return autoregressive()
  }
}
