import { InputError } from '../common/error.js'
import type { Buckets } from '../model/parameters.js'
import { listCheckpoints, loadCheckpoint } from '../train/checkpoint.js'
import { type NetworkDenoiser, networkDenoiser } from '../train/network-denoiser.js'
import { nodeRuntime } from '../train/runtime/node.js'
import type { Device } from '../train/runtime/runtime.js'
import { evaluationParameters } from '../train/training.js'
import type { RunParts } from './directory.js'

/** The network of a run as one of its checkpoints has it. */
export interface RunDenoiser extends NetworkDenoiser {
  /** Takes the weights of another checkpoint from the next call on. */
  show(step: number): void
}

/**
 * Loads a checkpoint with the weights that the run is judged by: their moving average where it keeps one.
 *
 * @throws InputError where the run has no such checkpoint, or the device is missing
 */
export async function openDenoiser(run: RunParts, step?: number, device?: Device): Promise<RunDenoiser> {
  const weights = (at: number) => parametersAt(run, at)
  const first = weights(step ?? lastStep(run))
  const denoiser = await networkDenoiser(run.network, run.process, first, nodeRuntime(device))
  return { ...denoiser, show: (at) => denoiser.load(weights(at)) }
}

/** The weights that a checkpoint is judged by. */
export function parametersAt({ checkpoints, layout }: RunParts, step: number): Buckets {
  return evaluationParameters(loadCheckpoint(checkpoints, layout, step))
}

/** The last checkpoint of a run. Throws InputError where there is none. */
export function lastStep({ checkpoints, directory }: RunParts): number {
  const last = listCheckpoints(checkpoints).at(-1)
  if (last === undefined) throw new InputError('run', directory, 'a run with checkpoints: train it first')
  return last
}
