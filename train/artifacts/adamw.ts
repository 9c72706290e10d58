import { graphOf, type Value } from '../../model/graph/graph.js'
import { add, div, mul, scale, sqrt, sub } from '../../model/operators/arithmetic.js'
import { concat, take } from '../../model/operators/shape.js'

/** AdamW (arXiv 1711.05101) with global-norm clipping. */
export interface AdamWConfig {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled: p ← p − lr·weightDecay·p, for every parameter. */
  readonly weightDecay: number
  /** Largest global gradient norm; 0 leaves gradients alone. */
  readonly clipNorm: number
}

/** Scalars of one step, computed in float64 on the host by {@link adamWScalars}. */
export interface AdamWScalars {
  readonly stepSize: Value
  readonly epsilon: Value
  readonly keep: Value
}

/** Number of scalars per step. */
export const ADAMW_SCALARS = 3

/**
 * The bias corrections folded into three numbers, for step t = 1, 2, …:
 * p ← keep·p − stepSize·m/(√v + epsilon).
 */
export function adamWScalars(
  config: AdamWConfig,
  learningRate: number,
  step: number,
): readonly [number, number, number] {
  const correction = Math.sqrt(1 - config.beta2 ** step)
  return [
    (learningRate * correction) / (1 - config.beta1 ** step),
    config.epsilon * correction,
    1 - learningRate * config.weightDecay,
  ]
}

export interface BucketState {
  readonly parameters: Value
  readonly first: Value
  readonly second: Value
}

/** √Σ‖g‖² over all buckets, as a scalar. */
export function globalNorm(gradients: readonly Value[]): Value {
  const graph = graphOf(...gradients)
  const squares = gradients.map((g) =>
    graph.emit('ReduceSumSquare', [g], [1], { attributes: { axes: [0], keepdims: 1 } }),
  )
  const total = graph.emit('ReduceSum', [concat(squares, 0), graph.integers([0])], [], {
    attributes: { keepdims: 0 },
  })
  return sqrt(total)
}

/** The factor min(1, clipNorm/‖g‖). */
export function clipFactor(config: AdamWConfig, norm: Value): Value {
  const graph = graphOf(norm)
  const ratio = div(graph.scalar(config.clipNorm), graph.emit('Max', [norm, graph.scalar(1e-12)], []))
  return graph.emit('Min', [ratio, graph.scalar(1)], [])
}

/** One bucket's update. The clip factor enters through the coefficients, never as a pass over the gradient. */
export function adamWUpdate(
  config: AdamWConfig,
  state: BucketState,
  gradient: Value,
  scalars: AdamWScalars,
  clip: Value | undefined,
): BucketState {
  const { beta1, beta2 } = config
  const share = (value: number, clipped: Value | undefined) =>
    clipped ? scale(clipped, value) : graphOf(gradient).scalar(value)
  const first = add(scale(state.first, beta1), mul(gradient, share(1 - beta1, clip)))
  const squared = mul(mul(gradient, gradient), share(1 - beta2, clip && mul(clip, clip)))
  const second = add(scale(state.second, beta2), squared)
  const direction = div(mul(first, scalars.stepSize), add(sqrt(second), scalars.epsilon))
  const kept = config.weightDecay === 0 ? state.parameters : mul(state.parameters, scalars.keep)
  return { parameters: sub(kept, direction), first, second }
}

/** A scalar at a fixed position of a row. */
export function pick(row: Value, index: number): Value {
  return take(row, graphOf(row).constant(BigInt64Array.of(BigInt(index)), [], `index/${index}`))
}
