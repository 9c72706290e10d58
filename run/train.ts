import { join } from 'node:path'
import { readJsonLines, writeFileAtomic, writeJsonLines } from '../common/files.js'
import type { Lowering } from '../model/graph/graph.js'
import { denoiseModel } from '../train/artifacts/denoise.js'
import { evaluateModel } from '../train/artifacts/evaluate.js'
import { sampleModel } from '../train/artifacts/sample.js'
import { listCheckpoints, loadCheckpoint, saveCheckpoint } from '../train/checkpoint.js'
import { trainLoop } from '../train/loop.js'
import { defaultDevice, nodeRuntime, requireDevice } from '../train/runtime/node.js'
import type { Device } from '../train/runtime/runtime.js'
import { createStepper, type TrainRecord } from '../train/stepper.js'
import { startState } from '../train/training.js'
import { checkpointSteps } from './config.js'
import { type RunParts, writeStatus } from './directory.js'

export interface TrainOptions {
  /** Default: the best one here. */
  readonly device?: Device | undefined
  /** Called after every call of the artifact. */
  readonly onProgress?: ((record: TrainRecord) => void) | undefined
  /** Aborting ends the run after the current call; it continues later to the same bits. */
  readonly signal?: AbortSignal | undefined
  /** Awaited after every checkpoint beyond step 0; true ends the run there. */
  readonly onCheckpoint?: ((step: number) => Promise<boolean>) | undefined
}

/** Why training ended, and at which checkpoint. */
export interface TrainOutcome {
  readonly kind: 'finished' | 'interrupted' | 'stopped'
  readonly step: number
}

/**
 * Trains a run from wherever it stands to its last step.
 *
 * @throws InputError where its device is missing, before anything is written
 * @throws Error naming the step where the loss stops being finite; earlier checkpoints stay
 */
export async function trainRun(run: RunParts, options: TrainOptions = {}): Promise<TrainOutcome> {
  const { config, layout, directory, checkpoints } = run
  const device = options.device ?? defaultDevice()
  const status = (state: 'training' | 'trained' | 'stopped', step: number) =>
    writeStatus(directory, { state, step, steps: config.steps })

  // 1. Start or continue.
  const begun = listCheckpoints(checkpoints).at(-1)
  if (begun === config.steps) {
    status('trained', begun)
    return { kind: 'finished', step: begun }
  }
  await requireDevice(device)
  const runtime = nodeRuntime(device)
  const state =
    begun === undefined
      ? startState(run.training, config.model.seed)
      : loadCheckpoint(checkpoints, layout, begun)
  const provenance = run.provenance()
  if (begun === undefined) saveCheckpoint(checkpoints, layout, state, provenance, undefined)
  let parent = begun ?? 0
  // Lines written before a kill but after the last checkpoint will be written again.
  const records = readTraining(directory).filter(({ step }) => step <= parent)
  const stepper = await createStepper(run.training, state, runtime, (model) =>
    writeArtifacts(run, runtime.lowering, model),
  )
  status('training', parent)

  // 2. Step by step.
  try {
    const outcome = await trainLoop(stepper, parent, {
      halts: checkpointSteps(config),
      signal: options.signal,
      // The binding computes inside run(), so signals and timers need a turn of the event loop.
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      onRecord(record) {
        records.push(record)
        options.onProgress?.(record)
      },
      async onHalt(step) {
        // Records first: those beyond the last checkpoint are dropped on resuming, missing ones would be lost.
        const state = await stepper.state()
        writeJsonLines(recordsPath(directory), records)
        saveCheckpoint(checkpoints, layout, state, provenance, parent)
        parent = step
        status('training', step)
        return (await options.onCheckpoint?.(step)) ?? false
      },
    })
    status(outcome.kind === 'finished' ? 'trained' : 'stopped', parent)
    return { kind: outcome.kind, step: parent }
  } catch (error) {
    const message = (error as Error).message
    writeStatus(directory, { state: 'failed', step: parent, steps: config.steps, message })
    throw error
  } finally {
    await stepper.release()
  }
}

/** The run's models as files, for any ONNX viewer or runtime: the train step, and what evaluates its checkpoints. */
function writeArtifacts(run: RunParts, lowering: Lowering, trainStep: Uint8Array): void {
  const { network, layout, config } = run
  const write = (name: string, model: Uint8Array) =>
    writeFileAtomic(join(run.directory, 'artifacts', name), model)
  write('train-step.onnx', trainStep)
  write('denoise.onnx', denoiseModel(network, layout, config.batch, lowering))
  if (!run.process.fillsMasks) return
  write('eval.onnx', evaluateModel(network, layout, config.batch, lowering))
  write('sample.onnx', sampleModel(network, layout, config.batch, lowering))
}

function recordsPath(directory: string): string {
  return join(directory, 'metrics.jsonl')
}

/** The lines of metrics.jsonl. */
export function readTraining(directory: string): TrainRecord[] {
  return readJsonLines(recordsPath(directory)) as TrainRecord[]
}
