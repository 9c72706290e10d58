import { type Permutation, permutation } from '../common/permutation.js'
import { stream } from '../common/random.js'
import { type BatchArrays, emptyBatch, stepOf } from '../model/batch.js'
import { adamWScalars } from './artifacts/adamw.js'
import { STEP_SCALARS } from './artifacts/train-step.js'
import { averageShare, learningRate, type Training } from './training.js'

/** Inputs of K consecutive optimiser steps. */
export interface StepInputs {
  /** [K, C, …] */
  readonly arrays: BatchArrays
  /** [K, STEP_SCALARS] */
  readonly scalars: Float32Array
}

/**
 * Inputs as a pure function of (seed, step): position j of an endless deck that is reshuffled every epoch, and
 * one stream of noise per step. Resuming needs nothing but the step.
 *
 * @param chunk items per chunk, as the train step was built
 * @returns makes the inputs of steps first+1 … first+count
 */
export function batchSource(training: Training, chunk: number): (first: number, count: number) => StepInputs {
  const { batch, items, seed, objective, optimiser } = training
  const parts = objective.inputs(chunk)
  const indices = new Int32Array(batch)
  let epoch = -1
  let deck: Permutation
  const item = (position: number): number => {
    const of = Math.floor(position / items)
    if (of !== epoch) {
      epoch = of
      deck = permutation(items, seed, `epoch/${of}`)
    }
    return deck.at(position - of * items)
  }
  return (first, count) => {
    const arrays = emptyBatch(parts, (count * batch) / chunk)
    const scalars = new Float32Array(count * STEP_SCALARS)
    for (let k = 0; k < count; k++) {
      const step = first + k + 1
      for (let b = 0; b < batch; b++) indices[b] = item((step - 1) * batch + b)
      training.fill(indices, chunk, stream(seed, 'mask', step), stepOf(arrays, k, count))
      const rate = learningRate(training, step)
      scalars.set(
        [...adamWScalars(optimiser, rate, step), averageShare(training.ema, step)],
        k * STEP_SCALARS,
      )
    }
    return { arrays, scalars }
  }
}
