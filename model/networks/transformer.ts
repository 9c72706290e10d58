import { z } from 'zod'
import { InputError, requireInteger } from '../../common/error.js'
import type { Value } from '../graph/graph.js'
import { add, gelu, reshape } from '../operators/arithmetic.js'
import { attention, takesSomeQueries } from '../operators/attention.js'
import { linear } from '../operators/linear.js'
import { gather, type RowSelection, selectRows, split } from '../operators/shape.js'
import type { ParameterSpec, Parameters } from '../parameters.js'
import { beforeLinear, dense, linearSpecs, normSpecs, normThenLinear } from './layers.js'
import { addTime, timeSpecs } from './time.js'
import { initialisation, type TokenShape, type Weightless } from './token-shape.js'

const sizes = {
  layers: z.int().min(1).default(2),
  width: z.int().min(1).default(32).describe('D: features per token'),
  heads: z.int().min(1).default(4).describe('H: attention heads; divides the width'),
  mlpRatio: z.number().positive().default(4).describe('hidden width of the feed-forward block, in widths'),
  ...initialisation,
}

/** Looks both ways: a denoiser. It needs no time input, because the number of masks is visible (arXiv 2406.04329). */
export const transformerSchema = z
  .strictObject({ kind: z.literal('transformer'), ...sizes })
  .describe('looks both ways: a denoiser')

/** Looks back only, and learns the autoregressive factorisation. */
export const causalSchema = z
  .strictObject({ kind: z.literal('causal'), ...sizes })
  .describe('looks back only: autoregressive')

/** A pre-LN transformer. */
export type TransformerConfig = Weightless<z.output<typeof transformerSchema> | z.output<typeof causalSchema>>

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
  const residual = 1 / Math.sqrt(2 * layers)
  const blocks = Array.from({ length: layers }, (_, i) => [
    ...normSpecs(`block${i}.attention.norm`, D),
    ...linearSpecs(`block${i}.attention.qkv`, D, 3 * D),
    ...linearSpecs(`block${i}.attention.output`, D, D, residual),
    ...normSpecs(`block${i}.mlp.norm`, D),
    ...linearSpecs(`block${i}.mlp.up`, D, D * mlpRatio),
    ...linearSpecs(`block${i}.mlp.down`, D * mlpRatio, D, residual),
  ])
  return [
    { name: 'token.weight', shape: [shape.vocabulary + 1, D], deviation: Math.SQRT1_2 },
    { name: 'position.weight', shape: [shape.length, D], deviation: Math.SQRT1_2 },
    ...timeSpecs(shape, D),
    ...blocks.flat(),
    ...normSpecs('head.norm', D),
    ...linearSpecs('head', D, shape.vocabulary, 0.1),
  ]
}

/**
 * Logits of every position, or of some: positions inform each other only through keys and values, so after the
 * last attention the others need not be computed.
 *
 * @param tokens integers [T, B], MASK = V where hidden
 * @param chosen rows whose logits are wanted, default all
 * @param times int32 [B]: the step of each string, where the network is told
 * @returns [T·B, V], token-major rows t·B + b, or [R, V]
 */
export function transformerLogits(
  config: TransformerConfig,
  shape: TokenShape,
  parameters: Parameters,
  tokens: Value,
  chosen?: RowSelection,
  times?: Value,
): Value {
  const { graph } = tokens
  const [T, B] = tokens.shape as [number, number]
  const D = config.width
  let x = graph.scope('embedding', () => {
    const positions = reshape(parameters('position.weight'), [T, 1, D])
    const placed = add(gather(parameters('token.weight'), tokens), positions)
    return reshape(addTime(parameters, placed, times), [T * B, D])
  })
  for (let i = 0; i < config.layers; i++) {
    const block = `block${i}`
    const wanted = i === config.layers - 1 ? chosen : undefined
    x = graph.scope(`${block}/attention`, () => {
      const mixed = selfAttention(config, parameters, `${block}.attention`, x, shape.length, wanted)
      const kept = wanted ? selectRows(x, wanted) : x
      return add(kept, dense(parameters, `${block}.attention.output`, mixed))
    })
    x = graph.scope(`${block}/mlp`, () => add(x, feedForward(parameters, `${block}.mlp`, x)))
  }
  return graph.scope('head', () => normThenLinear(parameters, 'head.norm', 'head', x))
}

/** Normalised rows attend to each other, all or the wanted ones; the output projection is left to the caller. */
function selfAttention(
  config: TransformerConfig,
  parameters: Parameters,
  name: string,
  x: Value,
  length: number,
  wanted: RowSelection | undefined,
): Value {
  const { width: D, heads } = config
  const { lowering } = x.graph
  const { input, weight, bias } = beforeLinear(parameters, `${name}.norm`, `${name}.qkv`, x)
  const causal = config.kind === 'causal'
  const fewer = wanted?.paired && !causal && takesSomeQueries(lowering, length, x.shape[0]! / length)
  const asking = (rows: Value) => (fewer ? selectRows(rows, wanted) : rows)

  const thirds = [D, D, D]
  let [q, k, v]: readonly Value[] = []
  if (D <= lowering.packedWidth) {
    ;[q, k, v] = split(linear(input, weight, bias), 1, thirds)
    q = asking(q!)
  } else {
    const biases = split(bias, 1, thirds)
    ;[q, k, v] = split(weight, 1, thirds).map((part, i) =>
      linear(i === 0 ? asking(input) : input, part, biases[i]),
    )
  }
  if (fewer) return attention(q!, k!, v!, length, heads, { queries: wanted.rows })
  const mixed = attention(q!, k!, v!, length, heads, { causal })
  return wanted ? selectRows(mixed, wanted) : mixed
}

function feedForward(parameters: Parameters, name: string, x: Value): Value {
  // gelu() wants its input divided by √2 and returns √2 times too much.
  const hidden = gelu(normThenLinear(parameters, `${name}.norm`, `${name}.up`, x, Math.SQRT1_2))
  const [weight, bias] = [parameters(`${name}.down.weight`), parameters(`${name}.down.bias`)]
  return linear(hidden, weight, bias, { factor: Math.SQRT1_2 })
}
