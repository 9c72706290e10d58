import { encodeModel } from '../../model/graph/encode.js'
import { FREE_SIZE, Graph, type Lowering, sizeOf, type Value } from '../../model/graph/graph.js'
import { add, mul, reshape, sub } from '../../model/operators/arithmetic.js'
import { loop } from '../../model/operators/loop.js'
import { concat } from '../../model/operators/shape.js'
import { type ParameterLayout, unpack } from '../../model/parameters.js'
import type { Objective } from '../objective.js'
import {
  ADAMW_SCALARS,
  type AdamWConfig,
  adamWUpdate,
  type BucketState,
  clipFactor,
  globalNorm,
  pick,
} from './adamw.js'
import { batchGradient, chunkSize, type StackedInputs } from './batch-gradient.js'

export interface TrainStepOptions {
  readonly objective: Objective
  readonly layout: ParameterLayout
  readonly optimiser: AdamWConfig
  /** B: items per step. */
  readonly batch: number
  /** Whether the state carries an exponential moving average of the parameters. */
  readonly ema: boolean
  readonly lowering: Lowering
  /** Least number of chunks a batch is cut into. */
  readonly accumulate?: number
}

/** Names of the state tensors, in the order in which the loop carries them. */
export function stateNames(layout: ParameterLayout, ema: boolean): string[] {
  const kinds = ['parameters', 'first', 'second', ...(ema ? ['average'] : [])]
  return kinds.flatMap((kind) => layout.buckets.map((_, b) => `${kind}.${b}`))
}

/** Scalars per step: the optimiser's, then the share of the new parameters in the moving average. */
export const STEP_SCALARS = ADAMW_SCALARS + 1

/**
 * train-step.onnx: K optimiser steps in one call, as a Loop that carries (parameters, moments, average?); or one step,
 * without the leading K, where the lowering takes no Loop.
 *
 * Inputs: `steps` int64 scalar K (of a Loop); the state buckets; the arrays of the objective, [K, C, …] in C chunks;
 * `scalars` [K, 4].
 * Outputs: `next/…` state; `loss` [K] in nats per token; `norm` [K], the gradient norm before clipping.
 */
export function trainStepModel(options: TrainStepOptions): Uint8Array {
  const { objective, layout, batch } = options
  const size = chunkSize(options.lowering, batch, objective.rowsPerItem, options.accumulate)
  const chunks = batch / size
  const names = stateNames(layout, options.ema)

  const graph = new Graph('train', options.lowering)
  const lead = options.lowering.stepLoop ? [FREE_SIZE] : []
  const state = names.map((name, i) => graph.input(name, [layout.sizes[i % layout.sizes.length]!]))
  const stacked = objective
    .inputs(size)
    .map(
      ({ name, shape, dataType }) =>
        [name, graph.input(name, [...lead, chunks, ...shape], dataType)] as const,
    )
  const scalars = graph.input('scalars', [...lead, STEP_SCALARS])
  const results = [...names.map((name) => `next/${name}`), 'loss', 'norm']
  const taken = [...names, ...results, 'scalars', 'steps'].find((name) =>
    stacked.some(([own]) => own === name),
  )
  if (taken) throw new Error(`objective: an input must not be called ${taken}, as the train step's own is`)

  if (!options.lowering.stepLoop) {
    const inputs = { chunks, items: size, arrays: new Map(stacked) }
    const { next, loss, norm } = optimiserStep(graph, options, state, inputs, scalars)
    const collected = [loss, norm].map((value) => reshape(value, [1]))
    for (const [i, value] of [...next, ...collected].entries()) graph.output(value, results[i])
    return encodeModel(graph)
  }

  const steps = graph.input('steps', [], 'int64')
  const outputs = loop(
    graph,
    'step',
    steps,
    (body) => {
      const carried = names.map((name, i) => body.carry(name, state[i]!))
      const arrays = new Map(stacked.map(([name, value]) => [name, body.at(value)]))
      const inputs = { chunks, items: size, arrays }
      const { next, loss, norm } = optimiserStep(body.graph, options, carried, inputs, body.at(scalars))
      return { next, collected: [loss, norm] }
    },
    { length: FREE_SIZE, names: results },
  )
  for (const value of outputs) graph.output(value)
  return encodeModel(graph, { freeDimension: 'steps' })
}

/** Forward, loss, backward, update: the whole of one optimiser step. */
function optimiserStep(
  graph: Graph,
  options: TrainStepOptions,
  carried: readonly Value[],
  inputs: StackedInputs,
  scalars: Value,
) {
  const { layout, objective, optimiser } = options
  const count = layout.buckets.length
  const kind = (index: number) => carried.slice(index * count, (index + 1) * count)
  const [parameters, firsts, seconds, averages] = [kind(0), kind(1), kind(2), kind(3)]

  // 1. Forward and backward.
  const unpacked = graph.scope('parameters', () => unpack(layout, parameters))
  const { loss, gradients } = batchGradient(graph, objective, unpacked.get, unpacked.all, inputs)

  // 2. One gradient per bucket.
  const byName = new Map(layout.specs.map((spec, i) => [spec.name, gradients[i]!]))
  const bucketGradients = graph.scope('optimiser', () =>
    layout.buckets.map((bucket) =>
      concat(
        bucket.map((spec) => reshape(byName.get(spec.name)!, [sizeOf(spec.shape)])),
        0,
      ),
    ),
  )

  // 3. Clip and update.
  return graph.scope('optimiser', () => {
    const norm = globalNorm(bucketGradients)
    const clip = optimiser.clipNorm > 0 ? clipFactor(optimiser, norm) : undefined
    const rates = { stepSize: pick(scalars, 0), epsilon: pick(scalars, 1), keep: pick(scalars, 2) }
    const share = pick(scalars, ADAMW_SCALARS)
    const updated = parameters.map((value, b): BucketState => {
      const bucket = { parameters: value, first: firsts[b]!, second: seconds[b]! }
      return adamWUpdate(optimiser, bucket, bucketGradients[b]!, rates, clip)
    })
    const average = averages.map((value, b) => add(value, mul(sub(updated[b]!.parameters, value), share)))
    const next = [
      ...updated.map((bucket) => bucket.parameters),
      ...updated.map((bucket) => bucket.first),
      ...updated.map((bucket) => bucket.second),
      ...average,
    ]
    return { next, loss, norm }
  })
}
