import { join } from 'node:path'
import { readJsonLines, writeFileAtomic, writeJsonLines } from '../common/files.js'
import { LOWERINGS, type Lowering } from '../model/graph/graph.js'
import { denoiseModel } from '../train/artifacts/denoise.js'
import { evaluateModel } from '../train/artifacts/evaluate.js'
import { sampleModel } from '../train/artifacts/sample.js'
import { batchSource } from '../train/batches.js'
import { listCheckpoints, loadCheckpoint, saveCheckpoint, startState } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/node.js'
import { createStepper, type TrainRecord } from '../train/stepper.js'
import { checkpointSteps, processOf } from './config.js'
import { checkpointDirectory, type Run, writeStatus } from './directory.js'

/** Steps per call of the artifact: long enough to hide the call, short enough to stop soon after Ctrl-C. */
const STEPS_PER_CALL = 32

export interface TrainOptions {
  readonly device: Device
  /** Called after every call of the artifact. */
  readonly onProgress?: (record: TrainRecord) => void
  /** Aborting ends the run after the current call; it continues later to the same bits. */
  readonly signal?: AbortSignal
  /** Awaited after every checkpoint beyond step 0; true ends the run there. */
  readonly onCheckpoint?: (step: number) => Promise<boolean>
}

/** Why training ended. */
export type TrainOutcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'interrupted'; readonly step: number }
  | { readonly kind: 'stopped'; readonly step: number }

/**
 * Trains a run from wherever it stands to its last step. Calls of the artifact begin at multiples of a fixed
 * number of steps or at checkpoints, never elsewhere, so an interrupted run repeats exactly what it would have done.
 *
 * @throws Error naming the step where the loss stops being finite; earlier checkpoints stay
 */
export async function train(run: Run, options: TrainOptions): Promise<TrainOutcome> {
  const { config, layout } = run
  const directory = checkpointDirectory(run)
  const planned = checkpointSteps(config)

  // 1. Start or continue.
  const kept = listCheckpoints(directory)
  let parent = kept.at(-1)
  const state =
    parent === undefined
      ? startState(layout, config.model.seed, config.ema !== false)
      : loadCheckpoint(directory, layout, parent)
  if (parent === undefined) {
    saveCheckpoint(directory, layout, state, run.provenance, undefined)
    parent = 0
  }
  let step = state.step
  const records = keptRecords(run, step)
  if (step === config.steps) return finish(run, records)

  // 2. The artifacts, and the batches they eat.
  const lowering = LOWERINGS[options.device]
  const batchesOf = (chunk: number) => batchSource(config, run.corpus.train, run.tables.v, chunk)
  const stepper = await createStepper(run, state, batchesOf, { device: options.device, lowering }, (model) =>
    writeArtifacts(run, lowering, model),
  )
  writeStatus(run, { state: 'training', step: state.step, steps: config.steps })

  // 3. Call by call.
  try {
    while (step < config.steps) {
      const stop = planned.find((planned) => planned > step)!
      const aligned = (Math.floor(step / STEPS_PER_CALL) + 1) * STEPS_PER_CALL
      const record = await stepper.advance(Math.min(stop, aligned) - step)
      step = record.step
      records.push(record)
      if (step === stop) {
        // Records first: those beyond the last checkpoint are dropped on resuming, missing ones would be lost.
        const state = await stepper.state()
        writeRecords(run, records)
        saveCheckpoint(directory, layout, state, run.provenance, parent)
        parent = step
        writeStatus(run, { state: 'training', step, steps: config.steps })
      }
      options.onProgress?.(record)
      if (step === stop && (await options.onCheckpoint?.(step))) {
        writeStatus(run, { state: 'stopped', step, steps: config.steps })
        return { kind: 'stopped', step }
      }
      // The binding computes inside run(), so signals and timers need a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
      if (options.signal?.aborted && step < config.steps) {
        writeStatus(run, { state: 'stopped', step: parent, steps: config.steps })
        return { kind: 'interrupted', step: parent }
      }
    }
  } catch (error) {
    writeStatus(run, {
      state: 'failed',
      step: parent,
      steps: config.steps,
      message: (error as Error).message,
    })
    throw error
  } finally {
    await stepper.release()
  }
  return finish(run, records)
}

/** The run's models as files, for any ONNX viewer or runtime: the train step, and what evaluates its checkpoints. */
function writeArtifacts(run: Run, lowering: Lowering, trainStep: Uint8Array): void {
  const write = (name: string, model: Uint8Array) =>
    writeFileAtomic(join(run.directory, 'artifacts', name), model)
  const { network, layout, config } = run
  write('train-step.onnx', trainStep)
  write('denoise.onnx', denoiseModel(network, layout, config.batch, lowering))
  if (processOf(config).kind !== 'absorbing') return
  write('eval.onnx', evaluateModel(network, layout, config.batch, lowering))
  write('sample.onnx', sampleModel(network, layout, config.batch, lowering))
}

function finish(run: Run, records: readonly TrainRecord[]): TrainOutcome {
  writeRecords(run, records)
  writeStatus(run, { state: 'trained', step: run.config.steps, steps: run.config.steps })
  return { kind: 'finished' }
}

/** Lines written before a kill but after the last checkpoint will be written again. */
function keptRecords(run: Run, step: number): TrainRecord[] {
  return (readJsonLines(join(run.directory, 'metrics.jsonl')) as TrainRecord[]).filter(
    (record) => record.step <= step,
  )
}

function writeRecords(run: Run, records: readonly TrainRecord[]): void {
  writeJsonLines(join(run.directory, 'metrics.jsonl'), records)
}
