import { readdirSync } from 'node:fs'
import type { CheckpointRecord } from '../analysis/checkpoint.js'
import { reference } from '../analysis/checkpoint.js'
import {
  type HalfPoint,
  ownVerdicts,
  pilotRule,
  type RuleName,
  splitHalfRule,
  type Verdict,
} from '../analysis/stopping/rules.js'
import { disagreement } from '../analysis/stopping/split-half.js'
import { InputError } from '../common/error.js'
import { evaluationParameters, listCheckpoints, loadCheckpoint } from '../train/checkpoint.js'
import { processOf } from '../train/config.js'
import { type TrainOptions, type TrainOutcome, train } from '../train/loop.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import { checkpointDirectory, openRun, type Run } from '../train/run-directory.js'
import type { Device } from '../train/runtime/session.js'
import { type AnalysisOptions, analyseRun, readAnalysis } from './analyse-run.js'

/** What the rules that need more than one run may look at. */
export interface Companions {
  /** Run directory of the other half of the corpus. */
  readonly half?: string
  /** Run directory of the same settings at a smaller P. */
  readonly pilot?: string
}

/** Every stopping rule's verdict on the records of a run so far. */
export async function verdicts(
  run: Run,
  records: readonly CheckpointRecord[],
  device: Device,
  { half, pilot }: Companions = {},
): Promise<Verdict[]> {
  const own = ownVerdicts(records)
  const halves =
    half === undefined ? [] : [splitHalfRule(records, await halfPoints(run, openHalf(run, half), device))]
  const pilots =
    pilot === undefined ? [] : [pilotRule(records, run.config.corpus.train, openPilot(run, pilot))]
  return [...own, ...halves, ...pilots]
}

function openPilot(run: Run, directory: string) {
  const pilot = openRun(directory)
  const records = readAnalysis(directory)
  if (records.length === 0)
    throw new InputError('--pilot', directory, 'a run with measured checkpoints: analyse it first')
  if (pilot.config.corpus.train >= run.config.corpus.train)
    throw new InputError(
      '--pilot',
      directory,
      `a run on fewer than ${run.config.corpus.train} training strings`,
    )
  return { P: pilot.config.corpus.train, records }
}

function openHalf(run: Run, directory: string): Run {
  const other = openRun(directory)
  const [a, b] = [run.config.corpus, other.config.corpus]
  const disjoint = a.half && b.half && a.half !== b.half && a.train === b.train && a.seed === b.seed
  if (!disjoint)
    throw new InputError(
      '--half',
      directory,
      'a run on the other half: the same corpus.seed and P, corpus.half first and second',
    )
  return other
}

/** Disagreement of two runs at the steps of which both have kept a checkpoint. */
async function halfPoints(run: Run, other: Run, device: Device): Promise<HalfPoint[]> {
  const process = processOf(run.config)
  const probe = (
    await reference(run.tables, run.corpus, { strings: 128, seed: 'half' }, process.kind === 'absorbing')
  ).probe
  if (!probe) throw new InputError('--half', other.directory, 'runs of networks that fill masks')
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
      points.push({ step, disagreement: await disagreement(a, b, probe.masked) })
    }
    return points
  } finally {
    await a.release()
    await b.release()
  }
}

/**
 * Trains a run, measures every checkpoint as it comes, and stops once a rule has fired. The run is resumable: without the rule
 * it would go on from there to the same bits.
 */
export async function trainUntil(
  run: Run,
  rule: RuleName,
  analysis: AnalysisOptions,
  companions: Companions,
  options: TrainOptions,
): Promise<{ readonly outcome: TrainOutcome; readonly verdict: Verdict | undefined }> {
  let last: Verdict | undefined
  const measure = async () => {
    const records = await analyseRun(run, analysis, options.device, undefined, options.signal)
    last = (await verdicts(run, records, options.device, companions)).find((verdict) => verdict.rule === rule)
    if (!last)
      throw new InputError('--early-stop', rule, `${rule === 'pilot' ? '--pilot' : '--half'} RUN with it`)
    return last.clock.kind === 'reached'
  }
  const kept =
    readdirSync(run.directory).includes('checkpoints') && listCheckpoints(checkpointDirectory(run)).length > 1
  // A run that has fired already stays where it is.
  if (kept && (await measure()))
    return {
      outcome: { kind: 'stopped', step: listCheckpoints(checkpointDirectory(run)).at(-1)! },
      verdict: last,
    }
  const outcome = await train(run, { ...options, onCheckpoint: measure })
  return { outcome, verdict: last }
}
