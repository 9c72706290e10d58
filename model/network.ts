import { z } from 'zod'
import type { Value } from './graph/graph.js'
import { checkMlp, mlpLogits, mlpParameters, mlpSchema } from './networks/mlp.js'
import type { TokenShape, Weightless } from './networks/token-shape.js'
import {
  causalSchema,
  checkTransformer,
  transformerLogits,
  transformerParameters,
  transformerSchema,
} from './networks/transformer.js'
import { checkUNet, unetLogits, unetParameters, unetSchema } from './networks/unet.js'
import { type RowSelection, selectRows } from './operators/shape.js'
import type { ParameterSpec, Parameters } from './parameters.js'

/** Every network the builder knows; add a kind here and a file in networks/. */
export const networkSchema = z.discriminatedUnion('kind', [
  transformerSchema,
  causalSchema,
  mlpSchema,
  unetSchema,
])

/**
 * A network by its kind and sizes.
 *
 * @useDeclaredType
 */
export type NetworkConfig = Weightless<z.output<typeof networkSchema>>

/** Whether a position of a kind of network is told of earlier ones only: such a network learns from strings moved on by one place. */
export const LOOKS_BACK: Readonly<Record<NetworkConfig['kind'], boolean>> = {
  transformer: false,
  causal: true,
  mlp: false,
  unet: false,
}

/** A network as the rest of the project sees it: named parameters, and logits from tokens. */
export interface Network {
  readonly config: NetworkConfig
  readonly shape: TokenShape
  /** Whether each position is told of earlier ones only. */
  readonly looksBack: boolean
  readonly parameters: readonly ParameterSpec[]
  /**
   * tokens integers [T, B] → logits [T·B, V], rows t·B + b; or [R, V] of the chosen rows, for less work.
   *
   * @param times int32 [B]: the step of each string, where the network is told (`shape.times`)
   */
  logits(parameters: Parameters, tokens: Value, chosen?: RowSelection, times?: Value): Value
}

/**
 * The network a configuration describes. Throws InputError naming a size that does not fit.
 *
 * @example
 * ```ts
 * import { layOut, network } from 'pcfg-diffusion/model'
 *
 * const sizes = { kind: 'transformer', layers: 1, width: 8, heads: 2, mlpRatio: 4 } as const
 * const { parameters } = network(sizes, { length: 8, vocabulary: 8 })
 * parameters[0].shape // → [9, 8]
 * layOut(parameters).total // → 1096
 * ```
 */
export function network(config: NetworkConfig, shape: TokenShape): Network {
  const described = { config, shape, looksBack: LOOKS_BACK[config.kind] }
  switch (config.kind) {
    case 'transformer':
    case 'causal':
      checkTransformer(config)
      return {
        ...described,
        parameters: transformerParameters(config, shape),
        logits: (parameters, tokens, chosen, times) =>
          transformerLogits(config, shape, parameters, tokens, chosen, times),
      }
    case 'mlp':
      checkMlp(config)
      return {
        ...described,
        parameters: mlpParameters(config, shape),
        logits: (parameters, tokens, chosen, times) =>
          only(mlpLogits(config, shape, parameters, tokens, times), chosen),
      }
    case 'unet':
      checkUNet(config, shape)
      return {
        ...described,
        parameters: unetParameters(config, shape),
        logits: (parameters, tokens, chosen, times) =>
          only(unetLogits(config, shape, parameters, tokens, times), chosen),
      }
  }
}

function only(logits: Value, chosen: RowSelection | undefined): Value {
  return chosen ? selectRows(logits, chosen) : logits
}
