import { join } from 'node:path'
import type { HalfPoint } from '../analysis/stopping/rules.js'
import { disagreement } from '../analysis/stopping/split-half.js'
import { InputError } from '../common/error.js'
import { firstRows } from '../common/strings.js'
import { maskEveryCount } from '../model/processes/absorbing/nelbo.js'
import { evaluationParameters, listCheckpoints, loadCheckpoint } from '../train/checkpoint.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import type { Device } from '../train/runtime/node.js'
import { processOf } from './config.js'
import { checkpointDirectory, createRun, type Run } from './directory.js'
import { train } from './train.js'

/** Held-out strings on which two networks are compared. */
const STRINGS = 128

/** Disagreement of two runs at the steps of which both have kept a checkpoint. */
export async function halfPoints(run: Run, other: Run, device: Device): Promise<HalfPoint[]> {
  if (processOf(run.config).kind !== 'absorbing')
    throw new InputError('--half', other.directory, 'runs of networks that fill masks')
  const strings = firstRows(run.corpus.test, STRINGS)
  const masked = maskEveryCount(strings, run.tables.v, 'half', 0, strings.count)
  const theirs = new Set(listCheckpoints(checkpointDirectory(other)))
  const steps = listCheckpoints(checkpointDirectory(run)).filter((step) => theirs.has(step))
  const weights = (of: Run, step: number) =>
    evaluationParameters(loadCheckpoint(checkpointDirectory(of), of.layout, step))
  const [a, b] = [
    await networkDenoiser(run.network, weights(run, steps[0]!), device),
    await networkDenoiser(other.network, weights(other, steps[0]!), device),
  ]
  try {
    const points: HalfPoint[] = []
    for (const step of steps) {
      a.load(weights(run, step))
      b.load(weights(other, step))
      points.push({ step, disagreement: await disagreement(a, b, masked) })
    }
    return points
  } finally {
    await a.release()
    await b.release()
  }
}

/**
 * Trains a run's twin on the other half of its corpus, inside its directory, and compares the two; undefined where it was
 * interrupted.
 *
 * @throws InputError where the run is on no half
 */
export async function compareWithTwin(
  run: Run,
  device: Device,
  signal?: AbortSignal,
): Promise<HalfPoint[] | undefined> {
  const { corpus } = run.config
  if (!corpus.half) throw new InputError('phenomena', 'split-half', 'runs with corpus.half')
  const half = corpus.half === 'first' ? 'second' : 'first'
  const twin = createRun(join(run.directory, 'other-half'), { ...run.config, corpus: { ...corpus, half } })
  const outcome = await train(twin, { device, ...(signal ? { signal } : {}) })
  return outcome.kind === 'finished' ? halfPoints(run, twin, device) : undefined
}
