import type { Value } from './graph/graph.js'
import { checkMlp, type MlpConfig, mlpLogits, mlpParameters } from './networks/mlp.js'
import type { TokenShape } from './networks/token-shape.js'
import {
  checkTransformer,
  type TransformerConfig,
  transformerLogits,
  transformerParameters,
} from './networks/transformer.js'
import { checkUNet, type UNetConfig, unetLogits, unetParameters } from './networks/unet.js'
import { type RowSelection, selectRows } from './operators/shape.js'
import type { ParameterSpec, Parameters } from './parameters.js'

/** Every network the builder knows; add a kind here and a file in networks/. */
export type NetworkConfig = TransformerConfig | MlpConfig | UNetConfig

/** A network as the rest of the project sees it: named parameters, and logits from tokens. */
export interface Network {
  readonly config: NetworkConfig
  readonly shape: TokenShape
  readonly parameters: readonly ParameterSpec[]
  /**
   * tokens integers [T, B] → logits [T·B, V], rows t·B + b; or [R, V] of the chosen rows, for less work.
   */
  logits(parameters: Parameters, tokens: Value, chosen?: RowSelection): Value
}

/** The network a configuration describes. Throws InputError naming a size that does not fit. */
export function network(config: NetworkConfig, shape: TokenShape): Network {
  const described = { config, shape }
  switch (config.kind) {
    case 'transformer':
    case 'causal':
      checkTransformer(config)
      return {
        ...described,
        parameters: transformerParameters(config, shape),
        logits: (parameters, tokens, chosen) => transformerLogits(config, shape, parameters, tokens, chosen),
      }
    case 'mlp':
      checkMlp(config)
      return {
        ...described,
        parameters: mlpParameters(config, shape),
        logits: (parameters, tokens, chosen) => only(mlpLogits(config, shape, parameters, tokens), chosen),
      }
    case 'unet':
      checkUNet(config, shape)
      return {
        ...described,
        parameters: unetParameters(config, shape),
        logits: (parameters, tokens, chosen) => only(unetLogits(config, shape, parameters, tokens), chosen),
      }
  }
}

function only(logits: Value, chosen: RowSelection | undefined): Value {
  return chosen ? selectRows(logits, chosen) : logits
}
