import { analyseCheckpoint, reference } from '../analysis/measures/checkpoint.js'
import { drawCorpus } from '../corpus/rhm-corpus.js'
import { compile } from '../grammar/rhm/tables.js'
import { LOWERINGS } from '../model/graph/graph.js'
import { network } from '../model/network.js'
import { layOut } from '../model/parameters.js'
import { checkpointSteps, processOf, type RunConfig } from '../run/config.js'
import { grammarOf } from '../run/directory.js'
import { batchSource } from '../train/batches.js'
import { startState } from '../train/checkpoint.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import type { Device } from '../train/runtime/node.js'
import { createStepper } from '../train/stepper.js'
import type { Cell, Study } from './definition.js'

/** What a cell will take. */
export interface CellPlan {
  readonly key: string
  readonly P: number
  readonly steps: number
  readonly checkpoints: number
  readonly parameters: number
  /** Training's forward and backward products: 6 operations per weight and token; attention itself is left out. */
  readonly flops: number
  /** On one worker; null where nothing was measured. */
  readonly seconds: number | null
}

export interface StudyPlan {
  readonly cells: readonly CellPlan[]
  readonly flops: number
  /** Largest cell first, one per worker at a time; null where nothing was measured. */
  readonly wallSeconds: number | null
}

/** Starting a process, loading libraries, building artifacts. */
const START_SECONDS = 0.6
/** How long training is measured, at least so many milliseconds. */
const PROBE_MS = 300

/** What cells that differ only in seeds, steps and P cost: measured once. */
interface Probe {
  readonly secondsPerStep: number
  readonly secondsPerCheckpoint: number
}

/**
 * What a study will take, before anything runs. With a device, training steps and the measuring of a checkpoint are timed on it
 * for a fraction of a second per kind of cell.
 */
export async function planStudy(study: Study, workers: number, device?: Device): Promise<StudyPlan> {
  const probes = new Map<string, Probe>()
  const cells: CellPlan[] = []
  for (const cell of study.cells) {
    const { config } = cell
    const tables = compile(grammarOf(config.grammar))
    const shape = { tokens: tables.d, vocabulary: tables.v }
    const parameters = layOut(network(config.model, shape).parameters).total
    const checkpoints = checkpointSteps(config).length
    const kind = kindOf(config)
    if (device && !probes.has(kind)) probes.set(kind, await probe(study, cell, device))
    const cost = probes.get(kind)
    cells.push({
      key: cell.key,
      P: config.corpus.train,
      steps: config.steps,
      checkpoints,
      parameters,
      flops: 6 * parameters * shape.tokens * config.batch * config.steps,
      seconds: cost
        ? START_SECONDS + config.steps * cost.secondsPerStep + checkpoints * cost.secondsPerCheckpoint
        : null,
    })
  }
  const seconds = cells.map((cell) => cell.seconds)
  return {
    cells,
    flops: cells.reduce((sum, cell) => sum + cell.flops, 0),
    wallSeconds: device ? makespan(seconds as number[], workers) : null,
  }
}

/** Everything that a step's cost depends on. */
function kindOf({ grammar, model, batch, accumulate, noise, loss, ema }: RunConfig): string {
  const shape = 'file' in grammar ? grammar : { v: grammar.v, m: grammar.m, s: grammar.s, L: grammar.L }
  return JSON.stringify([shape, { ...model, seed: '' }, batch, accumulate, noise, loss, ema !== false])
}

async function probe({ analysis }: Study, { config }: Cell, device: Device): Promise<Probe> {
  const tables = compile(grammarOf(config.grammar))
  const corpus = drawCorpus(tables, config.corpus)
  const net = network(config.model, { tokens: tables.d, vocabulary: tables.v })
  const layout = layOut(net.parameters)
  const start = startState(layout, config.model.seed, config.ema !== false)
  const stepper = await createStepper(
    { config, layout, network: net },
    start,
    (chunk) => batchSource(config, corpus.train, tables.v, chunk),
    { device, lowering: LOWERINGS[device] },
  )
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

  const process = processOf(config)
  const against = await reference(tables, corpus, analysis, process.kind === 'absorbing')
  const denoiser = await networkDenoiser(net, start.parameters, device, process)
  const measuring = performance.now()
  await analyseCheckpoint(denoiser, against, analysis, 0)
  const secondsPerCheckpoint = (performance.now() - measuring) / 1000
  await denoiser.release()
  return { secondsPerStep, secondsPerCheckpoint }
}

/** Time until the last of some jobs ends, when the longest are begun first. */
function makespan(seconds: readonly number[], workers: number): number {
  const busy = new Array<number>(workers).fill(0)
  for (const job of [...seconds].sort((a, b) => b - a)) busy[busy.indexOf(Math.min(...busy))]! += job
  return Math.max(...busy)
}
