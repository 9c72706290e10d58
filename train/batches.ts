import { type Permutation, permutation } from '../common/permutation.js'
import { stream } from '../common/random.js'
import type { TokenMatrix } from '../common/strings.js'
import { type Batch, batchParts, emptyBatch, stepOf } from '../model/batch.js'
import { corrupt } from '../model/process.js'
import { averageShare, learningRate, processOf, type RunConfig } from '../run/config.js'
import { adamWScalars } from './artifacts/adamw.js'
import { STEP_SCALARS } from './artifacts/train-step.js'

/** Inputs of K consecutive optimiser steps. */
export interface StepBatch {
  /** Strings per chunk, B/C. */
  readonly chunk: number
  /** [K, C, …] */
  readonly arrays: Batch
  /** [K, STEP_SCALARS] */
  readonly scalars: Float32Array
}

/** Makes batches for a number of strings per chunk. */
export type BatchMaker = (chunk: number) => BatchSource

/** Makes the inputs of steps first+1 … first+count. */
export type BatchSource = (first: number, count: number) => StepBatch

/**
 * Batches as a pure function of (seed, step): position j of an endless deck that is reshuffled every epoch, and
 * one masking stream per step. Resuming needs nothing but the step.
 *
 * @param chunk strings per chunk, as the train step was built
 */
export function batchSource(
  config: RunConfig,
  train: TokenMatrix,
  vocabulary: number,
  chunk = config.batch,
): BatchSource {
  const { length } = train
  const process = processOf(config)
  const parts = batchParts(process, length, chunk)
  const strings = new Int32Array(config.batch * length)
  let epoch = -1
  let deck: Permutation
  const item = (position: number): number => {
    const of = Math.floor(position / train.count)
    if (of !== epoch) {
      epoch = of
      deck = permutation(train.count, config.seed, `epoch/${of}`)
    }
    return deck.at(position - of * train.count)
  }
  return (first, count) => {
    const arrays = emptyBatch(parts, (count * config.batch) / chunk)
    const scalars = new Float32Array(count * STEP_SCALARS)
    for (let k = 0; k < count; k++) {
      const step = first + k + 1
      for (let b = 0; b < config.batch; b++) {
        const from = item((step - 1) * config.batch + b) * length
        for (let i = 0; i < length; i++) strings[b * length + i] = train.tokens[from + i]!
      }
      const random = stream(config.seed, 'mask', step)
      corrupt(process, { strings, length, vocabulary, chunk }, random, stepOf(arrays, k, count))
      const rate = learningRate(config, step)
      scalars.set(
        [...adamWScalars(config.optimiser, rate, step), averageShare(config, step)],
        k * STEP_SCALARS,
      )
    }
    return { chunk, arrays, scalars }
  }
}
