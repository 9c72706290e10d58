import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Subject } from '../analysis/measures/measure.js'
import { bayesDenoiser } from '../analysis/oracles/bayes.js'
import { infilling } from '../analysis/phenomena/infilling.js'
import { copiedStrings, prototypes } from '../analysis/phenomena/prototypes.js'
import { PHENOMENA, type Phenomena, type PhenomenonName } from '../analysis/phenomena/results.js'
import { samplerSteps } from '../analysis/phenomena/sampler-steps.js'
import { uTurn } from '../analysis/phenomena/u-turn.js'
import { InputError } from '../common/error.js'
import { jsonText, readJson, writeJson } from '../common/files.js'
import { firstRows } from '../common/strings.js'
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
  'u-turn': (lab) => {
    const { levels } = lab.subject.source.truth
    const heldOut = firstRows(lab.subject.test!, lab.options.strings)
    return besideExact(lab, (denoiser) => uTurn(denoiser, levels!, heldOut, lab.options.seed))
  },
  infilling: (lab) => {
    const { levels } = lab.subject.source.truth
    const [train, heldOut] = [lab.subject.train!, lab.subject.test!].map((strings) =>
      firstRows(strings, lab.options.strings),
    )
    return besideExact(lab, (denoiser) => infilling(denoiser, levels!, train!, heldOut!, lab.options.seed))
  },
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

/** What experiments have been done in a run directory. */
export function readPhenomena(directory: string): Phenomena {
  const found = PHENOMENA.filter((name) => existsSync(pathOf(directory, name)))
  return Object.fromEntries(
    found.map((name) => [name, (readJson(pathOf(directory, name), 'phenomena') as { rows: unknown }).rows]),
  )
}

/** Whether an experiment is on disk as these options ask for it. */
export function isMeasured(directory: string, name: PhenomenonName, options: PhenomenaOptions): boolean {
  const path = pathOf(directory, name)
  return (
    existsSync(path) &&
    jsonText((readJson(path, 'phenomena') as { options: unknown }).options) === jsonText(options)
  )
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
  if (!run.source.truth.levels || !run.source.truth.posterior)
    throw new InputError('phenomena', missing.join(', '), 'strings with levels and an exact posterior')
  const subject = subjectOfRun(run, analysisSchema.parse({ seed: options.seed }))
  const steps = listCheckpoints(run.checkpoints).filter((step) => step > 0)
  const denoiser = await openDenoiser(run, steps[0]!, device)
  try {
    for (const name of missing) {
      const rows = await EXPERIMENTS[name]({ run, subject, options, denoiser, steps, device, signal })
      if (!rows || signal?.aborted) return false
      writeJson(pathOf(run.directory, name), { options, rows })
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
