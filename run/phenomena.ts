import { join } from 'node:path'
import { z } from 'zod'
import type { Subject } from '../analysis/measures/measure.js'
import { bayesDenoiser } from '../analysis/oracles/bayes.js'
import { infilling } from '../analysis/phenomena/infilling.js'
import { copiedStrings, prototypes } from '../analysis/phenomena/prototypes.js'
import {
  PHENOMENA,
  PHENOMENON_NAMES,
  type Phenomena,
  type PhenomenonName,
} from '../analysis/phenomena/results.js'
import { samplerSteps } from '../analysis/phenomena/sampler-steps.js'
import { uTurn } from '../analysis/phenomena/u-turn.js'
import { InputError } from '../common/error.js'
import { jsonText, readJsonIfAny, writeJson } from '../common/files.js'
import { firstRows, type TokenMatrix } from '../common/strings.js'
import type { Levels } from '../corpus/truth.js'
import type { Denoiser } from '../model/denoiser.js'
import { listCheckpoints } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/runtime.js'
import { subjectOfRun } from './analyse.js'
import { openDenoiser, type RunDenoiser } from './denoiser.js'
import type { RunParts } from './directory.js'
import { analysisSchema, type PhenomenaOptions } from './options.js'
import { compareWithTwin } from './split-half.js'

/** What an experiment has at hand. */
interface Laboratory {
  readonly run: RunParts
  readonly subject: Subject
  readonly levels: Levels
  /** Training and held-out strings that are masked. */
  readonly train: TokenMatrix
  readonly heldOut: TokenMatrix
  readonly options: PhenomenaOptions
  readonly denoiser: RunDenoiser
  /** Checkpoints beyond step 0. */
  readonly steps: readonly number[]
  readonly device: Device | undefined
  readonly signal: AbortSignal | undefined
}

type Rows = readonly object[]

/** How each experiment is done; undefined rows were interrupted. */
const EXPERIMENTS: Readonly<Record<PhenomenonName, (laboratory: Laboratory) => Promise<Rows | undefined>>> = {
  // Several tokens at once can contradict each other, and then an exact posterior has nothing to say.
  'sampler-steps': (lab) =>
    overCheckpoints(lab, (denoiser) =>
      samplerSteps(denoiser, lab.subject, lab.options.samples, lab.options.seed),
    ),
  'u-turn': (lab) =>
    besideExact(lab, (denoiser) => uTurn(denoiser, lab.levels, lab.heldOut, lab.options.seed)),
  infilling: (lab) =>
    besideExact(lab, (denoiser) => infilling(denoiser, lab.levels, lab.train, lab.heldOut, lab.options.seed)),
  async prototypes({ denoiser, subject, options, steps }) {
    const copied = []
    for (const step of steps) {
      denoiser.show(step)
      const seed = `${options.seed}/${step}`
      copied.push({ step, strings: await copiedStrings(denoiser, subject, options.samples, seed) })
    }
    return prototypes(subject, copied)
  },
  'split-half': ({ run, device, signal }) => compareWithTwin(run, device, signal),
}

function pathOf(directory: string, name: PhenomenonName): string {
  return join(directory, 'phenomena', `${name}.json`)
}

/** An experiment's file; undefined where there is none, or one of another version. Files without one are of the first. */
function readExperiment(directory: string, name: PhenomenonName) {
  const { version, rows } = PHENOMENA[name]
  const file = z.object({
    version: z
      .int()
      .default(1)
      .refine((found) => found === version),
    options: z.unknown(),
    rows,
  })
  return file.safeParse(readJsonIfAny(pathOf(directory, name), 'phenomena')).data
}

/** What experiments have been done in a run directory. */
export function readPhenomena(directory: string): Phenomena {
  const found = PHENOMENON_NAMES.map((name) => [name, readExperiment(directory, name)?.rows] as const)
  return Object.fromEntries(found.filter(([, rows]) => rows !== undefined))
}

/** Whether an experiment is on disk as these options ask for it. */
export function isMeasured(directory: string, name: PhenomenonName, options: PhenomenaOptions): boolean {
  const done = readExperiment(directory, name)
  return done !== undefined && jsonText(done.options) === jsonText(options)
}

/**
 * Does every experiment that a run lacks, on the checkpoints that the options ask for. Each is written whole. Returns whether all are
 * done, which they are not after an interruption.
 */
export async function measurePhenomena(
  run: RunParts,
  options: PhenomenaOptions,
  device?: Device,
  signal?: AbortSignal,
): Promise<boolean> {
  const missing = options.kinds.filter((name) => !isMeasured(run.directory, name, options))
  if (missing.length === 0) return true
  if (!run.process.fillsMasks)
    throw new InputError('phenomena', missing.join(', '), 'a network that fills masks')
  const { levels, posterior } = run.source.truth
  if (!levels || !posterior)
    throw new InputError('phenomena', missing.join(', '), 'strings with levels and an exact posterior')
  const subject = subjectOfRun(run, analysisSchema.parse({ seed: options.seed }))
  const steps = listCheckpoints(run.checkpoints).filter((step) => step > 0)
  const denoiser = await openDenoiser(run, steps[0]!, device)
  const train = firstRows(subject.train!, options.strings)
  const heldOut = firstRows(subject.test!, options.strings)
  const laboratory = { run, subject, levels, train, heldOut, options, denoiser, steps, device, signal }
  try {
    for (const name of missing) {
      const rows = await EXPERIMENTS[name](laboratory)
      if (!rows || signal?.aborted) return false
      writeJson(pathOf(run.directory, name), { version: PHENOMENA[name].version, options, rows })
    }
    return true
  } finally {
    await denoiser.release()
  }
}

async function overCheckpoints(
  { denoiser, steps, options }: Laboratory,
  measure: (denoiser: Denoiser) => Promise<Rows>,
): Promise<Rows> {
  const rows: object[] = []
  for (const step of spread(steps, options.checkpoints)) {
    denoiser.show(step)
    for (const point of await measure(denoiser)) rows.push({ step, ...point })
  }
  return rows
}

/** The same, and then of the exact posterior. */
async function besideExact(lab: Laboratory, measure: (denoiser: Denoiser) => Promise<Rows>): Promise<Rows> {
  const exact = await measure(bayesDenoiser(lab.subject.source))
  return [...(await overCheckpoints(lab, measure)), ...exact.map((point) => ({ step: null, ...point }))]
}

/** So many of the steps, the last among them, evenly apart in their order (which is logarithmic in time). */
function spread(steps: readonly number[], count: number): number[] {
  const last = steps.length - 1
  const picked = Array.from({ length: count }, (_, i) => Math.round(last - (i * last) / Math.max(1, count)))
  return [...new Set(picked)].sort((a, b) => a - b).map((at) => steps[at]!)
}
