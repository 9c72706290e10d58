import { z } from 'zod'
import { InputError, requireInteger } from '../../common/error.js'
import type { Value } from '../graph/graph.js'
import { add, mul, reshape, scale } from '../operators/arithmetic.js'
import { linear } from '../operators/linear.js'
import { normalise } from '../operators/reduce.js'
import { concat, gather, transpose } from '../operators/shape.js'
import type { ParameterSpec, Parameters } from '../parameters.js'
import { activate } from './layers.js'
import { addTime, timeSpecs } from './time.js'
import { initialisation, type TokenShape, type Weightless } from './token-shape.js'

/**
 * The one-dimensional U-Net of arXiv 2505.16959 that is shaped like the grammar's tree: one down and one up stage per
 * level, convolutions whose filter equals their stride (so each output sees one block), LayerNorm over channels, GELU,
 * skips by concatenation. NTK parametrisation: weights N(0, 1), every product divided by √fan_in.
 */
export const unetSchema = z
  .strictObject({
    kind: z.literal('unet'),
    width: z.int().min(1).default(32).describe('channels at every resolution'),
    branching: z
      .int()
      .min(2)
      .default(2)
      .describe('s: filter and stride of the convolutions; strings have a power of s tokens'),
    ...initialisation,
  })
  .describe("shaped like the grammar's tree")

export type UNetConfig = Weightless<z.output<typeof unetSchema>>

/** Throws InputError where a size does not fit. */
export function checkUNet(config: UNetConfig, shape: TokenShape): void {
  requireInteger('model.width', config.width, 1, 8192)
  requireInteger('model.branching', config.branching, 2, 64)
  const depth = depthOf(config, shape)
  if (config.branching ** depth !== shape.length) {
    throw new InputError(
      'model.branching',
      config.branching,
      `one of which ${shape.length} tokens are a power`,
    )
  }
}

function depthOf(config: UNetConfig, shape: TokenShape): number {
  return Math.round(Math.log(shape.length) / Math.log(config.branching))
}

export function unetParameters(config: UNetConfig, shape: TokenShape): ParameterSpec[] {
  const { width: W, branching: s } = config
  const depth = depthOf(config, shape)
  const convolution = (name: string, inputs: number, outputs: number): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [inputs, outputs], deviation: 1 },
    { name: `${name}.bias`, shape: [1, outputs], deviation: 0 },
    { name: `${name}.norm.scale`, shape: [1, W], deviation: 0, mean: 1 },
    { name: `${name}.norm.shift`, shape: [1, W], deviation: 0 },
  ]
  const levels = Array.from({ length: depth }, (_, i) => i + 1)
  return [
    { name: 'token.weight', shape: [shape.vocabulary + 1, W], deviation: 1 },
    ...timeSpecs(shape, W),
    ...levels.flatMap((level) => convolution(`down${level}`, s * W, W)),
    ...levels.flatMap((level) => convolution(`up${level}`, level === depth ? W : 2 * W, s * W)),
    { name: 'head.weight', shape: [2 * W, shape.vocabulary], deviation: 1 },
    { name: 'head.bias', shape: [1, shape.vocabulary], deviation: 0 },
  ]
}

/** Logits [T·B, V] of tokens [T, B], rows t·B + b, and of times [B] where the network is told. */
export function unetLogits(
  config: UNetConfig,
  shape: TokenShape,
  parameters: Parameters,
  tokens: Value,
  times?: Value,
): Value {
  const { graph } = tokens
  const [T, B] = tokens.shape as [number, number]
  const { width: W, branching: s } = config
  const depth = depthOf(config, shape)

  // 1. Down: the blocks of each level become one position.
  const leaves = addTime(parameters, gather(parameters('token.weight'), tokens), times)
  const encoded = [reshape(leaves, [T * B, W])]
  for (let level = 1; level <= depth; level++) {
    encoded.push(
      graph.scope(`down${level}`, () => {
        const positions = T / s ** level
        const siblings = transpose(reshape(encoded[level - 1]!, [positions, s, B, W]), [0, 2, 1, 3])
        const y = convolve(parameters, `down${level}`, reshape(siblings, [positions * B, s * W]))
        return channelNorm(parameters, `down${level}.norm`, y)
      }),
    )
  }

  // 2. Up: every position becomes a block, beside what was there on the way down.
  let x = encoded[depth]!
  for (let level = depth; level >= 1; level--) {
    x = graph.scope(`up${level}`, () => {
      const positions = T / s ** level
      const y = reshape(convolve(parameters, `up${level}`, x), [positions, B, s, W])
      const block = reshape(transpose(y, [0, 2, 1, 3]), [positions * s * B, W])
      return concat([channelNorm(parameters, `up${level}.norm`, block), encoded[level - 1]!], 1)
    })
  }
  return graph.scope('head', () => convolve(parameters, 'head', x))
}

/** A product of rows of blocks with a filter, in NTK parametrisation. */
function convolve(parameters: Parameters, name: string, x: Value): Value {
  return linear(x, parameters(`${name}.weight`), parameters(`${name}.bias`), {
    factor: 1 / Math.sqrt(x.shape[1]!),
  })
}

/** LayerNorm over channels, then GELU. */
function channelNorm(parameters: Parameters, name: string, x: Value): Value {
  // GELU wants its input divided by √2; dividing the learned scale and shift is channel-sized work.
  const [gain, shift] = [
    scale(parameters(`${name}.scale`), Math.SQRT1_2),
    scale(parameters(`${name}.shift`), Math.SQRT1_2),
  ]
  return activate(add(mul(normalise(x), gain), shift))
}
