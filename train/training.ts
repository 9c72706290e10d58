import type { Random } from '../common/random.js'
import type { BatchArrays } from '../model/batch.js'
import { type Buckets, initialise, type ParameterLayout, zeros } from '../model/parameters.js'
import type { AdamWConfig } from './artifacts/adamw.js'
import type { Objective } from './objective.js'

/** A network's training, as far as optimiser steps know of it. */
export interface Training {
  readonly objective: Objective
  readonly layout: ParameterLayout
  readonly optimiser: OptimiserConfig
  /** Weight of the past in a moving average of the parameters, or none. */
  readonly ema: false | { readonly decay: number }
  /** Optimiser steps: where learning-rate schedules end. */
  readonly steps: number
  /** B: items per step. */
  readonly batch: number
  /** Least number of chunks a batch is cut into. */
  readonly accumulate: number
  /** Training items that batches are drawn from, reshuffled every epoch. */
  readonly items: number
  /** Seed of the order of items and of what corrupts them. */
  readonly seed: string
  /**
   * Fills one step's batch.
   *
   * @param indices [B], which items
   * @param chunk items per chunk
   * @param random the step's own stream
   */
  fill(indices: Int32Array, chunk: number, random: Random, out: BatchArrays): void
}

export interface OptimiserConfig extends AdamWConfig {
  /** Peak. */
  readonly learningRate: number
  /** After warm-up. */
  readonly schedule: 'constant' | 'cosine'
  /** Steps of linear warm-up. */
  readonly warmup: number
}

/** Learning rate of step t = 1, 2, …: linear warm-up, then constant or a half cosine down to 0. */
export function learningRate(
  { optimiser, steps }: Pick<Training, 'optimiser' | 'steps'>,
  step: number,
): number {
  const { learningRate: peak, warmup, schedule } = optimiser
  if (step <= warmup) return (peak * step) / warmup
  if (schedule === 'constant') return peak
  const progress = (step - warmup) / Math.max(1, steps - warmup)
  return (peak * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2
}

/** Share of the new weights in the moving average after step t; 0 where there is none. */
export function averageShare(ema: Training['ema'], step: number): number {
  return ema ? 1 - Math.min(ema.decay, (1 + step) / (10 + step)) : 0
}

/** Everything training carries from step to step. Random streams are functions of the step and need no state. */
export interface TrainState {
  readonly step: number
  /** What the next step starts from; what is measured is {@link evaluationParameters}. */
  readonly parameters: Buckets
  /** AdamW's moments. */
  readonly first: Buckets
  readonly second: Buckets
  /** Moving average of the parameters, where the run keeps one. */
  readonly average?: Buckets
}

/** The state before the first step. */
export function startState({ layout, ema }: Pick<Training, 'layout' | 'ema'>, seed: string): TrainState {
  const parameters = initialise(layout, seed)
  const state = { step: 0, parameters, first: zeros(layout), second: zeros(layout) }
  return ema ? { ...state, average: parameters } : state
}

/** The parameters to sample and measure with: the moving average where there is one. */
export function evaluationParameters(state: TrainState): Buckets {
  return state.average ?? state.parameters
}
