import { measureCheckpoint, measuring } from '../analysis/record.js'
import { subjectOfRun } from '../run/analyse.js'
import { type Assembly, assemble } from '../run/assembly.js'
import { checkpointSteps, type RunConfig } from '../run/config.js'
import type { AnalysisOptions } from '../run/options.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import { nodeRuntime } from '../train/runtime/node.js'
import type { Device } from '../train/runtime/runtime.js'
import { createStepper } from '../train/stepper.js'
import { startState } from '../train/training.js'
import type { CellCost } from './experiment.js'

/** Starting a process, loading libraries, building artifacts. */
const START_SECONDS = 0.6
/** How long training is measured, at least so many milliseconds. */
const PROBE_MS = 300

/** What runs that differ only in seeds, steps and P cost: measured once. */
interface Probe {
  readonly secondsPerStep: number
  readonly secondsPerCheckpoint: number
}

/** What runs will take. With a device, training steps and the measuring of a checkpoint are timed on it once per kind of run. */
export async function planRuns(
  configs: readonly RunConfig[],
  analysis: AnalysisOptions,
  device?: Device,
): Promise<CellCost[]> {
  const probes = new Map<string, Probe>()
  const costs: CellCost[] = []
  for (const config of configs) {
    const run = assemble(config)
    const parameters = run.layout.total
    const checkpoints = checkpointSteps(config).length
    const kind = kindOf(config)
    if (device && !probes.has(kind)) probes.set(kind, await probe(run, analysis, device))
    const cost = probes.get(kind)
    costs.push({
      facts: { P: config.corpus.train, steps: config.steps, checkpoints, parameters },
      // Forward and backward products: 6 operations per weight and token; attention itself is left out.
      flops: 6 * parameters * run.source.length * config.batch * config.steps,
      seconds: cost
        ? START_SECONDS + config.steps * cost.secondsPerStep + checkpoints * cost.secondsPerCheckpoint
        : null,
    })
  }
  return costs
}

/** Everything that a step's cost depends on. */
function kindOf({ grammar, model, batch, accumulate, process, ema }: RunConfig): string {
  const source = 'seed' in grammar ? { ...grammar, seed: '' } : grammar
  return JSON.stringify([source, { ...model, seed: '' }, batch, accumulate, process, ema !== false])
}

async function probe(run: Assembly, analysis: AnalysisOptions, device: Device): Promise<Probe> {
  const runtime = nodeRuntime(device)
  const start = startState(run.training, run.config.model.seed)
  const stepper = await createStepper(run.training, start, runtime)
  let [steps, count] = [0, 1]
  await stepper.advance(count)
  const began = performance.now()
  while (performance.now() - began < PROBE_MS) {
    await stepper.advance(count)
    steps += count
    count = Math.min(32, 2 * count)
  }
  const secondsPerStep = (performance.now() - began) / 1000 / steps
  await stepper.release()

  const subject = subjectOfRun(run, analysis)
  const measure = await measuring(subject)
  const denoiser = await networkDenoiser(run.network, run.process, start.parameters, runtime)
  const measured = performance.now()
  await measureCheckpoint(denoiser, subject, measure, 0)
  const secondsPerCheckpoint = (performance.now() - measured) / 1000
  await denoiser.release()
  return { secondsPerStep, secondsPerCheckpoint }
}
