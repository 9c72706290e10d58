import { STEP_SCALARS, stateNames } from './artifacts/train-step.js'
import type { BatchSource } from './batches.js'
import type { TrainState } from './checkpoint.js'
import { learningRate } from './config.js'
import type { Run } from './run-directory.js'
import { floatData, floatTensor, intTensor, longScalar, type Session } from './runtime/session.js'

/** One line of metrics.jsonl: means over the steps since the line before. */
export interface TrainRecord {
  readonly step: number
  /** Training loss, nats per token. */
  readonly loss: number
  /** Gradient norm before clipping. */
  readonly norm: number
  readonly learningRate: number
}

/** One call of the artifact: `count` optimiser steps. */
export async function advance(
  run: Pick<Run, 'config' | 'layout' | 'network'>,
  session: Session,
  state: TrainState,
  count: number,
  batches: BatchSource,
): Promise<{ next: TrainState; record: TrainRecord }> {
  const { config, layout, network } = run
  const ema = state.average !== undefined
  const T = network.shape.tokens
  const batch = batches(state.step, count)
  const [chunks, size] = [config.batch / batch.chunk, batch.chunk]
  const names = stateNames(layout, ema)
  const values = [state.parameters, state.first, state.second, ...(ema ? [state.average!] : [])].flat()
  const result = await session.run({
    ...Object.fromEntries(names.map((name, i) => [name, floatTensor(values[i]!, [values[i]!.length])])),
    steps: longScalar(count),
    tokens: intTensor(batch.tokens, [count, chunks, T, size]),
    targets: intTensor(batch.targets, [count, chunks, T * size]),
    weights: floatTensor(batch.weights, [count, chunks, T * size]),
    scalars: floatTensor(batch.scalars, [count, STEP_SCALARS]),
  })
  const [losses, norms] = [floatData(result, 'loss'), floatData(result, 'norm')]
  for (let k = 0; k < count; k++) {
    if (Number.isFinite(losses[k]) && Number.isFinite(norms[k])) continue
    const what = Number.isFinite(losses[k]) ? 'gradient norm' : 'loss'
    throw new Error(
      `step ${state.step + k + 1}: the ${what} is not finite; try a lower learning rate. Earlier checkpoints are whole.`,
    )
  }
  const part = (kind: string) => layout.buckets.map((_, b) => floatData(result, `next/${kind}.${b}`))
  const step = state.step + count
  return {
    next: {
      step,
      parameters: part('parameters'),
      first: part('first'),
      second: part('second'),
      ...(ema ? { average: part('average') } : {}),
    },
    record: { step, loss: mean(losses), norm: mean(norms), learningRate: learningRate(config, step) },
  }
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
