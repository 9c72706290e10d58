import type { Value } from '../graph/graph.js'
import { add, reshape } from '../operators/arithmetic.js'
import { gather } from '../operators/shape.js'
import type { ParameterSpec, Parameters } from '../parameters.js'
import type { TokenShape } from './token-shape.js'

const TIME = 'time.weight'

/**
 * What a network that is told the time holds for that: a vector for every step 0..steps, [steps + 1, D], all 0 at first, so that
 * it begins as the network that is not told. None where it is not told.
 */
export function timeSpecs({ times }: TokenShape, width: number): ParameterSpec[] {
  return times === undefined ? [] : [{ name: TIME, shape: [times + 1, width], deviation: 0 }]
}

/** The steps that a network of these parameters can be told; undefined where it is told none. */
export function toldTimes(parameters: readonly ParameterSpec[]): number | undefined {
  const held = parameters.find(({ name }) => name === TIME)
  return held && held.shape[0]! - 1
}

/**
 * Adds the vector of each string's step to all of its features; as they are where no times are told.
 *
 * @param x [T, B, D], or [B, D]
 * @param times int32 [B]
 */
export function addTime(parameters: Parameters, x: Value, times: Value | undefined): Value {
  if (!times) return x
  const told = gather(parameters(TIME), times)
  return add(x, x.shape.length === 3 ? reshape(told, [1, ...told.shape]) : told)
}
