import { join } from 'node:path'
import { disagreement, type HalfPoint } from '../analysis/stopping/split-half.js'
import { InputError } from '../common/error.js'
import { firstRows } from '../common/strings.js'
import { maskEveryCount } from '../model/processes/absorbing/nelbo.js'
import { listCheckpoints } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/runtime.js'
import { openDenoiser } from './denoiser.js'
import { makeParts, type RunParts } from './directory.js'
import { trainRun } from './train.js'

/** Held-out strings on which two networks are compared. */
const STRINGS = 128

/** Disagreement of two runs at the steps of which both have kept a checkpoint. */
export async function halfPoints(run: RunParts, other: RunParts, device?: Device): Promise<HalfPoint[]> {
  if (!run.process.fillsMasks)
    throw new InputError('--half', other.directory, 'runs of networks that fill masks')
  const strings = firstRows(run.corpus().test, STRINGS)
  const masked = maskEveryCount(strings, run.source.vocabulary, 'half', 0, strings.count)
  const theirs = new Set(listCheckpoints(other.checkpoints))
  const steps = listCheckpoints(run.checkpoints).filter((step) => theirs.has(step))
  const [a, b] = [await openDenoiser(run, steps[0]!, device), await openDenoiser(other, steps[0]!, device)]
  try {
    const points: HalfPoint[] = []
    for (const step of steps) {
      a.show(step)
      b.show(step)
      points.push({ step, ...(await disagreement(a, b, masked, strings.count)) })
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
  run: RunParts,
  device?: Device,
  signal?: AbortSignal,
): Promise<HalfPoint[] | undefined> {
  const { corpus } = run.config
  if (!corpus.half) throw new InputError('phenomena', 'split-half', 'runs with corpus.half')
  const half = corpus.half === 'first' ? 'second' : 'first'
  const twin = makeParts(join(run.directory, 'other-half'), { ...run.config, corpus: { ...corpus, half } })
  const outcome = await trainRun(twin, { device, signal })
  return outcome.kind === 'finished' ? halfPoints(run, twin, device) : undefined
}
