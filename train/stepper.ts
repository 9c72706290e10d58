import { encodeModel } from '../model/graph/encode.js'
import { Graph } from '../model/graph/graph.js'
import { type ParameterLayout, tensorsOf } from '../model/parameters.js'
import { chunkSize } from './artifacts/batch-gradient.js'
import { STEP_SCALARS, stateNames, trainStepModel } from './artifacts/train-step.js'
import { batchSource } from './batches.js'
import { floatData, type Runtime, type Session, type Tensors } from './runtime/runtime.js'
import { learningRate, type Training, type TrainState } from './training.js'

/** One line of metrics.jsonl: means over the steps since the line before. */
export interface TrainRecord {
  readonly step: number
  /** Training loss, nats per token. */
  readonly loss: number
  /** Gradient norm before clipping. */
  readonly norm: number
  readonly learningRate: number
}

/** A training state on its device, and the artifact that moves it on. */
export interface Stepper {
  /** Takes optimiser steps. Throws where a loss or norm stops being finite, naming the step. */
  advance(count: number): Promise<TrainRecord>
  /** The state as it stands, on the host. Throws where a tensor is not finite, naming it. */
  state(): Promise<TrainState>
  release(): Promise<void>
}

/**
 * Loads a state onto a device. Where the runtime has a Loop there, one call takes many steps; elsewhere every step is a
 * call, and the state stays in the device's buffers from one to the next.
 *
 * @param onArtifact receives the train-step model's bytes before they are loaded
 */
export async function createStepper(
  training: Training,
  start: TrainState,
  runtime: Runtime,
  onArtifact?: (model: Uint8Array) => void,
): Promise<Stepper> {
  const { objective, layout, batch, accumulate } = training
  const { lowering, tensor } = runtime
  const ema = start.average !== undefined
  const model = trainStepModel({ ...training, ema, lowering })
  onArtifact?.(model)
  const names = stateNames(layout, ema)
  const onDevice = lowering.stepLoop ? [] : names.map((name) => `next/${name}`)
  const session = await runtime.session(model, onDevice)
  const chunk = chunkSize(lowering, batch, objective.rowsPerItem, accumulate)
  const chunks = batch / chunk
  const parts = objective.inputs(chunk)
  const batches = batchSource(training, chunk)

  let step = start.step
  const values = [start.parameters, start.first, start.second, ...(ema ? [start.average!] : [])].flat()
  let held: Tensors = Object.fromEntries(
    names.map((name, i) => [name, tensor(values[i]!, [values[i]!.length])]),
  )
  let download: Session | undefined

  /** One call; K steps where the artifact loops, else one. */
  const call = async (count: number): Promise<{ losses: Float32Array; norms: Float32Array }> => {
    const { arrays, scalars } = batches(step, count)
    const lead = lowering.stepLoop ? [count] : []
    const inputs = parts.map(({ name, shape }) => [name, tensor(arrays[name]!, [...lead, chunks, ...shape])])
    const result = await session.run({
      ...held,
      ...Object.fromEntries(inputs),
      scalars: tensor(scalars, [...lead, STEP_SCALARS]),
      ...(lowering.stepLoop ? { steps: tensor(BigInt64Array.of(BigInt(count)), []) } : {}),
    })
    for (const old of Object.values(held)) if (old.location === 'gpu-buffer') old.dispose()
    held = Object.fromEntries(names.map((name) => [name, result[`next/${name}`]!]))
    step += count
    return { losses: floatData(result, 'loss'), norms: floatData(result, 'norm') }
  }

  const state = async (): Promise<TrainState> => {
    let there = held
    if (Object.values(held).some((value) => value.location === 'gpu-buffer')) {
      download ??= await runtime.session(downloadModel(layout, names))
      there = Object.fromEntries(
        Object.entries(await download.run(held)).map(([name, value]) => [name.replace('host/', ''), value]),
      )
    }
    const kind = (name: string) => layout.buckets.map((_, b) => floatData(there, `${name}.${b}`))
    const average = ema ? { average: kind('average') } : {}
    return { step, parameters: kind('parameters'), first: kind('first'), second: kind('second'), ...average }
  }

  return {
    state: async () => {
      const now = await state()
      const tensorName = firstNonFinite(layout, now)
      if (tensorName !== undefined) throw notFinite(step, `tensor ${tensorName}`)
      return now
    },
    async advance(count) {
      const first = step
      const losses: number[] = []
      const norms: number[] = []
      while (losses.length < count) {
        const result = await call(lowering.stepLoop ? count : 1)
        losses.push(...result.losses)
        norms.push(...result.norms)
      }
      const bad = losses.findIndex((loss, k) => !Number.isFinite(loss) || !Number.isFinite(norms[k]))
      if (bad >= 0) {
        const blamed = firstNonFinite(layout, await state())
        const what = Number.isFinite(losses[bad]) ? 'gradient norm' : 'loss'
        throw notFinite(first + bad + 1, what, blamed && `; after step ${step} so is tensor ${blamed}`)
      }
      return { step, loss: mean(losses), norm: mean(norms), learningRate: learningRate(training, step) }
    },
    release: async () => {
      for (const value of Object.values(held)) if (value.location === 'gpu-buffer') value.dispose()
      await download?.release()
      await session.release()
    },
  }
}

/** Copies state tensors to the host: a device buffer cannot be read directly. */
function downloadModel(layout: ParameterLayout, names: readonly string[]): Uint8Array {
  const graph = new Graph('download')
  names.forEach((name, i) => {
    const value = graph.input(name, [layout.sizes[i % layout.sizes.length]!])
    graph.output(value, `host/${name}`)
  })
  return encodeModel(graph)
}

function notFinite(step: number, what: string, then = ''): Error {
  return new Error(
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
