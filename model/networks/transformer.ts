import { InputError, requireInteger } from '../../common/error.js'
import type { Value } from '../graph/graph.js'
import { attention } from '../operators/attention.js'
import { add, gelu, mul } from '../operators/elementwise.js'
import { linear } from '../operators/linear.js'
import { normalise } from '../operators/reduce.js'
import { gather, reshape } from '../operators/shape.js'
import type { ParameterSpec, Parameters } from '../parameters.js'

/**
 * A bidirectional pre-LN transformer. It needs no time input: the number of masks is visible (arXiv 2406.04329).
 */
export interface TransformerConfig {
  readonly kind: 'transformer'
  readonly layers: number
  /** D: features per token. */
  readonly width: number
  /** H: attention heads; divides the width. */
  readonly heads: number
  /** Hidden width of the feed-forward block, in units of D. */
  readonly mlpRatio: number
}

/** What the network reads and predicts. */
export interface TokenShape {
  /** T: tokens per string. */
  readonly tokens: number
  /** V: symbols it predicts; the input vocabulary has one more, MASK = V. */
  readonly vocabulary: number
}

/** Checks sizes; InputError names the field. */
export function checkTransformer(config: TransformerConfig): void {
  requireInteger('model.layers', config.layers, 1, 64)
  requireInteger('model.heads', config.heads, 1, 64)
  requireInteger('model.width', config.width, 1, 8192)
  if (config.width % config.heads !== 0)
    throw new InputError('model.width', config.width, `a multiple of heads = ${config.heads}`)
  if (!(config.mlpRatio > 0) || !Number.isInteger(config.mlpRatio * config.width)) {
    throw new InputError('model.mlpRatio', config.mlpRatio, 'a positive number with a whole hidden width')
  }
}

/** Weights N(0, 1/fan_in); those that write to the residual stream divided by √(2·layers); the head by 10. */
export function transformerParameters(config: TransformerConfig, shape: TokenShape): ParameterSpec[] {
  const { layers, width: D, mlpRatio } = config
  const hidden = D * mlpRatio
  const weight = (name: string, rows: number, columns: number, factor = 1): ParameterSpec => ({
    name,
    shape: [rows, columns],
    deviation: factor / Math.sqrt(rows),
  })
  const bias = (name: string, columns: number): ParameterSpec => ({ name, shape: [1, columns], deviation: 0 })
  const norm = (name: string): ParameterSpec[] => [
    { name: `${name}.scale`, shape: [D, 1], deviation: 0, mean: 1 },
    bias(`${name}.shift`, D),
  ]
  const residual = 1 / Math.sqrt(2 * layers)
  const specs: ParameterSpec[] = [
    { name: 'token.weight', shape: [shape.vocabulary + 1, D], deviation: Math.SQRT1_2 },
    { name: 'position.weight', shape: [shape.tokens, D], deviation: Math.SQRT1_2 },
  ]
  for (let i = 0; i < layers; i++) {
    const block = `block${i}`
    specs.push(
      ...norm(`${block}.attention.norm`),
      ...['query', 'key', 'value'].flatMap((name) => [
        weight(`${block}.attention.${name}.weight`, D, D),
        bias(`${block}.attention.${name}.bias`, D),
      ]),
      weight(`${block}.attention.output.weight`, D, D, residual),
      bias(`${block}.attention.output.bias`, D),
      ...norm(`${block}.mlp.norm`),
      weight(`${block}.mlp.up.weight`, D, hidden),
      bias(`${block}.mlp.up.bias`, hidden),
      weight(`${block}.mlp.down.weight`, hidden, D, residual),
      bias(`${block}.mlp.down.bias`, D),
    )
  }
  specs.push(
    ...norm('head.norm'),
    weight('head.weight', D, shape.vocabulary, 0.1),
    bias('head.bias', shape.vocabulary),
  )
  return specs
}

/**
 * Logits of every position.
 *
 * @param tokens integers [T, B], MASK = V where hidden
 * @returns [T·B, V], token-major rows t·B + b
 */
export function transformerLogits(
  config: TransformerConfig,
  shape: TokenShape,
  parameters: Parameters,
  tokens: Value,
): Value {
  const { graph } = tokens
  const [T, B] = tokens.shape as [number, number]
  const D = config.width
  let x = graph.scope('embedding', () => {
    const positions = reshape(parameters('position.weight'), [T, 1, D])
    return reshape(add(gather(parameters('token.weight'), tokens), positions), [T * B, D])
  })
  for (let i = 0; i < config.layers; i++) {
    const block = `block${i}`
    x = graph.scope(`${block}/attention`, () =>
      add(x, selfAttention(config, parameters, `${block}.attention`, x, shape.tokens)),
    )
    x = graph.scope(`${block}/mlp`, () => add(x, feedForward(parameters, `${block}.mlp`, x)))
  }
  return graph.scope('head', () => afterNorm(parameters, 'head.norm', normalise(x), 'head'))
}

function selfAttention(
  config: TransformerConfig,
  parameters: Parameters,
  name: string,
  x: Value,
  tokens: number,
): Value {
  const input = normalise(x)
  const project = (part: string) => afterNorm(parameters, `${name}.norm`, input, `${name}.${part}`)
  const mixed = attention(project('query'), project('key'), project('value'), tokens, config.heads)
  return linear(mixed, parameters(`${name}.output.weight`), parameters(`${name}.output.bias`))
}

function feedForward(parameters: Parameters, name: string, x: Value): Value {
  // gelu() wants its input divided by √2 and returns √2 times too much.
  const hidden = gelu(afterNorm(parameters, `${name}.norm`, normalise(x), `${name}.up`, Math.SQRT1_2))
  const scale = Math.SQRT1_2
  return linear(hidden, parameters(`${name}.down.weight`), parameters(`${name}.down.bias`), { scale })
}

/** A linear map of normalised rows, times a factor, with the norm's learned scale and shift folded into its weights. */
function afterNorm(parameters: Parameters, norm: string, normalised: Value, name: string, factor = 1): Value {
  const raw = parameters(`${name}.weight`)
  const weight = mul(parameters(`${norm}.scale`), raw)
  const bias = linear(parameters(`${norm}.shift`), raw, parameters(`${name}.bias`))
  return linear(normalised, weight, bias, { scale: factor, biasScale: factor })
}
