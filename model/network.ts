import type { Value } from './graph/graph.js'
import {
  checkTransformer,
  type TokenShape,
  type TransformerConfig,
  transformerLogits,
  transformerParameters,
} from './networks/transformer.js'
import type { ParameterSpec, Parameters } from './parameters.js'

/** Every network the builder knows; add a kind here and a file in networks/. */
export type NetworkConfig = TransformerConfig

/** A network as the rest of the project sees it: named parameters, and logits from tokens. */
export interface Network {
  readonly config: NetworkConfig
  readonly shape: TokenShape
  readonly parameters: readonly ParameterSpec[]
  /** tokens integers [T, B] → logits [T·B, V], rows t·B + b. */
  logits(parameters: Parameters, tokens: Value): Value
}

/** The network a configuration describes. Throws InputError naming a size that does not fit. */
export function network(config: NetworkConfig, shape: TokenShape): Network {
  checkTransformer(config)
  return {
    config,
    shape,
    parameters: transformerParameters(config, shape),
    logits: (parameters, tokens) => transformerLogits(config, shape, parameters, tokens),
  }
}
