import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Reference, reference } from '../analysis/measures/checkpoint.js'
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
import type { PhenomenaOptions } from '../study/definition.js'
import { evaluationParameters, listCheckpoints, loadCheckpoint } from '../train/checkpoint.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import type { Device } from '../train/runtime/node.js'
import { processOf } from './config.js'
import { checkpointDirectory, type Run } from './directory.js'
import { compareWithTwin } from './split-half.js'

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
  run: Run,
  options: PhenomenaOptions,
  device: Device,
  signal?: AbortSignal,
): Promise<boolean> {
  const missing = options.kinds.filter((name) => !isMeasured(run.directory, name, options))
  if (missing.length === 0) return true
  if (processOf(run.config).kind !== 'absorbing')
    throw new InputError('phenomena', missing.join(', '), 'a network that fills masks')
  const against = await reference(run.tables, run.corpus, { strings: 1, seed: options.seed })
  const steps = listCheckpoints(checkpointDirectory(run)).filter((step) => step > 0)
  const load = (step: number) =>
    evaluationParameters(loadCheckpoint(checkpointDirectory(run), run.layout, step))
  const denoiser = await networkDenoiser(run.network, load(steps[0]!), device)
  const at = async <Point>(step: number, measure: (denoiser: Denoiser) => Promise<Point>) => {
    denoiser.load(load(step))
    return measure(denoiser)
  }
  try {
    for (const name of missing) {
      const rows =
        name === 'split-half'
          ? await compareWithTwin(run, device, signal)
          : name === 'prototypes'
            ? await copiedOverTime(against, steps, options, at)
            : await overCheckpoints(name, run, against, spread(steps, options.checkpoints), options, at)
      if (!rows || signal?.aborted) return false
      writeJson(pathOf(run.directory, name), { options, rows })
    }
    return true
  } finally {
    await denoiser.release()
  }
}

type At = <Point>(step: number, measure: (denoiser: Denoiser) => Promise<Point>) => Promise<Point>

async function copiedOverTime(
  against: Reference,
  steps: readonly number[],
  options: PhenomenaOptions,
  at: At,
) {
  const copied = []
  for (const step of steps) {
    const find = (denoiser: Denoiser) =>
      copiedStrings(denoiser, against, options.samples, `${options.seed}/${step}`)
    copied.push({ step, strings: await at(step, find) })
  }
  return prototypes(against, copied)
}

async function overCheckpoints(
  name: Exclude<PhenomenonName, 'prototypes' | 'split-half'>,
  run: Run,
  against: Reference,
  steps: readonly number[],
  options: PhenomenaOptions,
  at: At,
) {
  const { tables, corpus } = run
  const [train, heldOut] = [corpus.train, corpus.test].map((strings) => firstRows(strings, options.strings))
  const measure = (denoiser: Denoiser): Promise<readonly object[]> => {
    switch (name) {
      case 'u-turn':
        return uTurn(denoiser, tables, heldOut!, options.seed)
      case 'infilling':
        return infilling(denoiser, tables, train!, heldOut!, options.seed)
      case 'sampler-steps':
        return samplerSteps(denoiser, against, options.samples, options.seed)
    }
  }
  const rows: object[] = []
  for (const step of steps) for (const point of await at(step, measure)) rows.push({ step, ...point })
  // Several tokens at once can contradict each other, and then an exact posterior has nothing to say.
  if (name !== 'sampler-steps')
    for (const point of await measure(bayesDenoiser(tables))) rows.push({ step: null, ...point })
  return rows
}

/** So many of the steps, the last among them, evenly apart in their order (which is logarithmic in time). */
function spread(steps: readonly number[], count: number): number[] {
  const last = steps.length - 1
  const picked = Array.from({ length: count }, (_, i) => Math.round(last - (i * last) / Math.max(1, count)))
  return [...new Set(picked)].sort((a, b) => a - b).map((at) => steps[at]!)
}
