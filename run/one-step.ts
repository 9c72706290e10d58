import { nodeRuntime } from '../train/runtime/node.js'
import type { Device } from '../train/runtime/runtime.js'
import { createStepper } from '../train/stepper.js'
import { startState } from '../train/training.js'
import { assemble } from './assembly.js'
import { runSchema } from './config.js'

/**
 * Trains a small network for a few steps on a device and on the CPU, from the same start on the same batches.
 *
 * @returns relative L2 differences: of the gradient of the first step, and of the losses of all steps
 */
export async function compareWithCpu(
  device: Device,
  steps = 1,
): Promise<{ gradient: number; losses: number }> {
  const reference = await fewSteps('cpu', steps)
  const other = device === 'cpu' ? reference : await fewSteps(device, steps)
  return {
    gradient: relativeDifference(reference.gradient, other.gradient),
    losses: relativeDifference(reference.losses, other.losses),
  }
}

function relativeDifference(reference: readonly number[], other: readonly number[]): number {
  const squares = reference.reduce((sum, value, i) => sum + (value - other[i]!) ** 2, 0)
  return Math.sqrt(squares / reference.reduce((sum, value) => sum + value ** 2, 0))
}

async function fewSteps(device: Device, steps: number): Promise<{ gradient: number[]; losses: number[] }> {
  const config = runSchema.parse({
    grammar: { v: 8, m: 2, s: 2, L: 3 },
    corpus: { train: 64, test: 1 },
    optimiser: { warmup: 0 },
  })
  const { training } = assemble(config)
  const stepper = await createStepper(training, startState(training, '0'), nodeRuntime(device))
  let gradient: number[] = []
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    losses.push((await stepper.advance(1)).loss)
    // After one step from zero the first moment is the clipped gradient times 1 − β₁.
    if (i === 0) gradient = (await stepper.state()).first.flatMap((values) => Array.from(values))
  }
  await stepper.release()
  return { gradient, losses }
}
