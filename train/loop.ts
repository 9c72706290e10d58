import { join } from 'node:path'
import { readJsonLines, writeFileAtomic, writeJsonLines } from '../common/files.js'
import { LOWERINGS } from '../model/graph/graph.js'
import { initialise, zeros } from '../model/parameters.js'
import { STEP_SCALARS, stateNames, trainStepModel } from './artifacts/train-step.js'
import { batchSource } from './batches.js'
import { listCheckpoints, loadCheckpoint, saveCheckpoint, type TrainState } from './checkpoint.js'
import { checkpointSteps, learningRate } from './config.js'
import { checkpointDirectory, type Run, writeStatus } from './run-directory.js'
import { createSession, type Device, floatData, floatTensor, intTensor, longScalar, type Session } from './runtime/session.js'

/** Steps per call of the artifact: long enough to hide the call, short enough to stop soon after Ctrl-C. */
const STEPS_PER_CALL = 32

/** One line of metrics.jsonl: means over the steps since the line before. */
export interface TrainRecord {
  readonly step: number
  /** Training loss, nats per token. */
  readonly loss: number
  /** Gradient norm before clipping. */
  readonly norm: number
  readonly learningRate: number
}

export interface TrainOptions {
  readonly device: Device
  /** Called after every call of the artifact. */
  readonly onProgress?: (record: TrainRecord) => void
  /** Aborting ends the run after the current call; it continues later to the same bits. */
  readonly signal?: AbortSignal
}

/** Why training ended. */
export type TrainOutcome = { readonly kind: 'finished' } | { readonly kind: 'interrupted'; readonly step: number }

/**
 * Trains a run from wherever it stands to its last step. Calls of the artifact begin at multiples of a fixed
 * number of steps or at checkpoints, never elsewhere, so an interrupted run repeats exactly what it would have done.
 *
 * @throws Error naming the step where the loss stops being finite; earlier checkpoints stay
 */
export async function train(run: Run, options: TrainOptions): Promise<TrainOutcome> {
  const { config, layout } = run
  const directory = checkpointDirectory(run)
  const ema = config.ema !== false
  const planned = checkpointSteps(config)

  // 1. Start or continue.
  const kept = listCheckpoints(directory)
  let parent = kept.at(-1)
  let state = parent === undefined ? initialState(run) : loadCheckpoint(directory, layout, parent)
  if (parent === undefined) {
    saveCheckpoint(directory, layout, state, run.provenance, undefined)
    parent = 0
  }
  const records = keptRecords(run, state.step)
  if (state.step === config.steps) return finish(run, records)

  // 2. The artifact, and the batches it eats.
  const model = trainStepModel({
    network: run.network,
    layout,
    optimiser: config.optimiser,
    batch: config.batch,
    ema,
    lowering: LOWERINGS[options.device],
  })
  writeFileAtomic(join(run.directory, 'artifacts/train-step.onnx'), model)
  const session = await createSession(model, options.device)
  const batches = batchSource(config, run.corpus.train, run.tables.v)
  writeStatus(run, { state: 'training', step: state.step, steps: config.steps })

  // 3. Call by call.
  try {
    while (state.step < config.steps) {
      const stop = planned.find((step) => step > state.step)!
      const aligned = (Math.floor(state.step / STEPS_PER_CALL) + 1) * STEPS_PER_CALL
      const count = Math.min(stop, aligned) - state.step
      const { next, record } = await advance(run, session, state, count, batches, ema)
      state = next
      records.push(record)
      if (state.step === stop) {
        saveCheckpoint(directory, layout, state, run.provenance, parent)
        parent = state.step
        writeRecords(run, records)
        writeStatus(run, { state: 'training', step: state.step, steps: config.steps })
      }
      options.onProgress?.(record)
      // The binding computes inside run(), so signals and timers need a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
      if (options.signal?.aborted && state.step < config.steps) {
        writeStatus(run, { state: 'stopped', step: parent, steps: config.steps })
        return { kind: 'interrupted', step: parent }
      }
    }
  } catch (error) {
    writeStatus(run, { state: 'failed', step: parent, steps: config.steps, message: (error as Error).message })
    throw error
  } finally {
    await session.release()
  }
  return finish(run, records)
}

/** One call of the artifact: `count` optimiser steps. */
async function advance(
  run: Run,
  session: Session,
  state: TrainState,
  count: number,
  batches: ReturnType<typeof batchSource>,
  ema: boolean,
): Promise<{ next: TrainState; record: TrainRecord }> {
  const { config, layout, network } = run
  const [T, B] = [network.shape.tokens, config.batch]
  const batch = batches(state.step, count)
  const names = stateNames(layout, ema)
  const values = [state.parameters, state.first, state.second, ...(ema ? [state.average!] : [])].flat()
  const result = await session.run({
    ...Object.fromEntries(names.map((name, i) => [name, floatTensor(values[i]!, [values[i]!.length])])),
    steps: longScalar(count),
    tokens: intTensor(batch.tokens, [count, T, B]),
    targets: intTensor(batch.targets, [count, T * B]),
    weights: floatTensor(batch.weights, [count, T * B]),
    scalars: floatTensor(batch.scalars, [count, STEP_SCALARS]),
  })
  const [losses, norms] = [floatData(result, 'loss'), floatData(result, 'norm')]
  for (let k = 0; k < count; k++) {
    if (Number.isFinite(losses[k]) && Number.isFinite(norms[k])) continue
    const what = Number.isFinite(losses[k]) ? 'gradient norm' : 'loss'
    throw new Error(`step ${state.step + k + 1}: the ${what} is not finite; try a lower learning rate. Earlier checkpoints are whole.`)
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

function initialState(run: Run): TrainState {
  const parameters = initialise(run.layout, run.config.model.seed)
  const state = { step: 0, parameters, first: zeros(run.layout), second: zeros(run.layout) }
  return run.config.ema ? { ...state, average: parameters } : state
}

function finish(run: Run, records: readonly TrainRecord[]): TrainOutcome {
  writeRecords(run, records)
  writeStatus(run, { state: 'trained', step: run.config.steps, steps: run.config.steps })
  return { kind: 'finished' }
}

/** Lines written before a kill but after the last checkpoint will be written again. */
function keptRecords(run: Run, step: number): TrainRecord[] {
  return (readJsonLines(join(run.directory, 'metrics.jsonl')) as TrainRecord[]).filter((record) => record.step <= step)
}

function writeRecords(run: Run, records: readonly TrainRecord[]): void {
  writeJsonLines(join(run.directory, 'metrics.jsonl'), records)
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
