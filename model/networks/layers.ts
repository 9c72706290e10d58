import type { Value } from '../graph/graph.js'
import { add, gelu, mul, reshape, scale as times } from '../operators/arithmetic.js'
import { linear } from '../operators/linear.js'
import { normalise } from '../operators/reduce.js'
import type { ParameterSpec, Parameters } from '../parameters.js'

/** Layers that every network is made of: what they hold, and how rows pass through them. */

/** A linear map [I, O] with weights N(0, factor²/I) and a bias that starts at 0. */
export function linearSpecs(name: string, inputs: number, outputs: number, factor = 1): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [inputs, outputs], deviation: factor / Math.sqrt(inputs) },
    { name: `${name}.bias`, shape: [1, outputs], deviation: 0 },
  ]
}

/** LayerNorm's learned scale and shift over D features. */
export function normSpecs(name: string, width: number): ParameterSpec[] {
  return [
    { name: `${name}.scale`, shape: [width, 1], deviation: 0, mean: 1 },
    { name: `${name}.shift`, shape: [1, width], deviation: 0 },
  ]
}

/** factor·(x·weight + bias) for rows x. */
export function dense(parameters: Parameters, name: string, x: Value, factor = 1): Value {
  const [weight, bias] = [parameters(`${name}.weight`), parameters(`${name}.bias`)]
  return linear(x, weight, bias, { factor, biasFactor: factor })
}

/** LayerNorm over the features of each row, then a linear map, times a factor. */
export function normThenLinear(
  parameters: Parameters,
  norm: string,
  name: string,
  x: Value,
  factor = 1,
): Value {
  const { input, weight, bias } = beforeLinear(parameters, norm, name, x)
  return linear(input, weight, bias, { factor, biasFactor: factor })
}

/**
 * What a linear map after a LayerNorm multiplies: normalised rows, and weights that have taken up the norm's learned
 * scale and shift (weight-sized work), or plain weights and scaled rows where the lowering does not fold.
 */
export function beforeLinear(
  parameters: Parameters,
  norm: string,
  name: string,
  x: Value,
): { readonly input: Value; readonly weight: Value; readonly bias: Value } {
  const [scale, shift] = [parameters(`${norm}.scale`), parameters(`${norm}.shift`)]
  const [weight, bias] = [parameters(`${name}.weight`), parameters(`${name}.bias`)]
  const input = normalise(x)
  if (!x.graph.lowering.foldNorm) {
    return { input: add(mul(input, reshape(scale, shift.shape)), shift), weight, bias }
  }
  // The bias first: backwards, the weight's cotangent then enters the bias's product as its sum so far.
  const foldedBias = linear(shift, weight, bias)
  return { input, weight: mul(scale, weight), bias: foldedBias }
}

/** GELU(√2·u): a linear map in front gives its rows divided by √2. */
export function activate(u: Value): Value {
  return times(gelu(u), Math.SQRT1_2)
}
