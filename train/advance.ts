import { batchParts } from '../model/noise/batch.js'
import { type ParameterLayout, tensorsOf } from '../model/parameters.js'
import { STEP_SCALARS, stateNames } from './artifacts/train-step.js'
import type { BatchSource } from './batches.js'
import type { TrainState } from './checkpoint.js'
import { learningRate, processOf } from './config.js'
import type { Run } from './run-directory.js'
import { floatData, floatTensor, longScalar, type Session, tensor } from './runtime/session.js'

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
  const { arrays, scalars, chunk } = batches(state.step, count)
  const chunks = config.batch / chunk
  const names = stateNames(layout, ema)
  const values = [state.parameters, state.first, state.second, ...(ema ? [state.average!] : [])].flat()
  const result = await session.run({
    ...Object.fromEntries(names.map((name, i) => [name, floatTensor(values[i]!, [values[i]!.length])])),
    steps: longScalar(count),
    ...Object.fromEntries(
      batchParts(processOf(config), network.shape.tokens, chunk).map(({ name, shape }) => [
        name,
        tensor(arrays[name]!, [count, chunks, ...shape]),
      ]),
    ),
    scalars: floatTensor(scalars, [count, STEP_SCALARS]),
  })
  const [losses, norms] = [floatData(result, 'loss'), floatData(result, 'norm')]
  const part = (kind: string) => layout.buckets.map((_, b) => floatData(result, `next/${kind}.${b}`))
  const step = state.step + count
  const next: TrainState = {
    step,
    parameters: part('parameters'),
    first: part('first'),
    second: part('second'),
    ...(ema ? { average: part('average') } : {}),
  }
  refuseNonFinite(layout, state.step, losses, norms, next)
  return {
    next,
    record: { step, loss: mean(losses), norm: mean(norms), learningRate: learningRate(config, step) },
  }
}

/** Throws where a number stopped being finite, naming the step and, where one is to blame, the tensor. */
function refuseNonFinite(
  layout: ParameterLayout,
  before: number,
  losses: Float32Array,
  norms: Float32Array,
  next: TrainState,
): void {
  const bad = losses.findIndex((loss, k) => !Number.isFinite(loss) || !Number.isFinite(norms[k]))
  const tensor = firstNonFinite(layout, next)
  if (bad < 0 && tensor === undefined) return
  const step = bad < 0 ? next.step : before + bad + 1
  const what = bad < 0 ? `tensor ${tensor}` : Number.isFinite(losses[bad]) ? 'gradient norm' : 'loss'
  const then = bad >= 0 && tensor !== undefined ? `; after step ${next.step} so is tensor ${tensor}` : ''
  throw new Error(
    `step ${step}: the ${what} is not finite${then}. Try a lower learning rate; earlier checkpoints are whole.`,
  )
}

/** The first tensor of a state, parameters before moments, that holds NaN or infinity. */
function firstNonFinite(layout: ParameterLayout, state: TrainState): string | undefined {
  for (const kind of ['parameters', 'first', 'second'] as const) {
    for (const { spec, data } of tensorsOf(layout, state[kind])) {
      if (!data.every(Number.isFinite)) return `${kind}/${spec.name}`
    }
  }
  return undefined
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
