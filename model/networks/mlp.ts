import { z } from 'zod'
import { requireInteger } from '../../common/error.js'
import type { Value } from '../graph/graph.js'
import { reshape } from '../operators/arithmetic.js'
import { oneHot, transpose } from '../operators/shape.js'
import type { ParameterSpec, Parameters } from '../parameters.js'
import { activate, dense, linearSpecs, normSpecs, normThenLinear } from './layers.js'
import { addTime, timeSpecs } from './time.js'
import { initialisation, type TokenShape, type Weightless } from './token-shape.js'

/** A multilayer perceptron over whole strings: no weight is shared between positions. */
export const mlpSchema = z.strictObject({
  kind: z.literal('mlp'),
  layers: z.int().min(1).default(2).describe('hidden layers'),
  width: z.int().min(1).default(256).describe('features per hidden layer'),
  ...initialisation,
})

export type MlpConfig = Weightless<z.output<typeof mlpSchema>>

export function checkMlp(config: MlpConfig): void {
  requireInteger('model.layers', config.layers, 1, 64)
  requireInteger('model.width', config.width, 1, 65_536)
}

/** Weights N(0, 1/fan_in); the first layer reads one-hot strings, T of whose inputs are 1; the head's divided by 10. */
export function mlpParameters(config: MlpConfig, shape: TokenShape): ParameterSpec[] {
  const { layers, width } = config
  const { length: T, vocabulary: V } = shape
  const hidden = Array.from({ length: layers - 1 }, (_, i) => [
    ...normSpecs(`layer${i + 1}.norm`, width),
    ...linearSpecs(`layer${i + 1}`, width, width),
  ])
  return [
    ...linearSpecs('layer0', T * (V + 1), width, Math.sqrt(V + 1)),
    ...timeSpecs(shape, width),
    ...hidden.flat(),
    ...normSpecs('head.norm', width),
    ...linearSpecs('head', width, T * V, 0.1),
  ]
}

/** Logits [T·B, V] of tokens [T, B], rows t·B + b, and of times [B] where the network is told. */
export function mlpLogits(
  config: MlpConfig,
  { length: T, vocabulary: V }: TokenShape,
  parameters: Parameters,
  tokens: Value,
  times?: Value,
): Value {
  const { graph } = tokens
  const B = tokens.shape[1]!
  let x = graph.scope('layer0', () => {
    const strings = reshape(transpose(oneHot(tokens, V + 1), [1, 0, 2]), [B, T * (V + 1)])
    return activate(addTime(parameters, dense(parameters, 'layer0', strings, Math.SQRT1_2), times))
  })
  for (let i = 1; i < config.layers; i++) {
    const name = `layer${i}`
    x = graph.scope(name, () => activate(normThenLinear(parameters, `${name}.norm`, name, x, Math.SQRT1_2)))
  }
  return graph.scope('head', () => {
    const byString = normThenLinear(parameters, 'head.norm', 'head', x)
    return reshape(transpose(reshape(byString, [B, T, V]), [1, 0, 2]), [T * B, V])
  })
}
