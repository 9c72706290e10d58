import type { CheckpointRecord } from '../analysis/record.js'
import {
  ownVerdicts,
  pilotRule,
  type RuleName,
  splitHalfRule,
  type Verdict,
} from '../analysis/stopping/rules.js'
import { InputError } from '../common/error.js'
import { listCheckpoints } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/runtime.js'
import { openAnalysis } from './analyse.js'
import { type RunParts, readParts } from './directory.js'
import type { AnalysisOptions } from './options.js'
import { requireRecords } from './records.js'
import { halfPoints } from './split-half.js'
import { type TrainOptions, type TrainOutcome, trainRun } from './train.js'

/** What the rules that need more than one run may look at. */
export interface Companions {
  /** Run directory of the other half of the corpus. */
  readonly half?: string
  /** Run directory of the same settings at a smaller P. */
  readonly pilot?: string
}

/** Every stopping rule's verdict on the records of a run so far. */
export async function verdicts(
  run: RunParts,
  records: readonly CheckpointRecord[],
  device: Device | undefined,
  { half, pilot }: Companions = {},
): Promise<Verdict[]> {
  const own = ownVerdicts(records)
  const halves =
    half === undefined ? [] : [splitHalfRule(records, await halfPoints(run, openHalf(run, half), device))]
  const pilots =
    pilot === undefined ? [] : [pilotRule(records, run.config.corpus.train, openPilot(run, pilot))]
  return [...own, ...halves, ...pilots]
}

function openPilot(run: RunParts, directory: string) {
  const pilot = readParts(directory)
  const records = requireRecords(pilot, '--pilot')
  if (pilot.config.corpus.train >= run.config.corpus.train)
    throw new InputError(
      '--pilot',
      directory,
      `a run on fewer than ${run.config.corpus.train} training strings`,
    )
  for (const part of ['grammar', 'model', 'process', 'optimiser', 'ema'] as const) {
    const [own, other] = [run, pilot].map(({ config }) => withoutSeeds(config[part]))
    if (own !== other)
      throw new InputError(
        '--pilot',
        directory,
        `a run of the same settings: ${part} is ${own}, there ${other}`,
      )
  }
  return { P: pilot.config.corpus.train, records }
}

function withoutSeeds(value: unknown): string {
  return JSON.stringify(value, (name, inner) => (name === 'seed' ? undefined : inner))
}

function openHalf(run: RunParts, directory: string): RunParts {
  const other = readParts(directory)
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

/** Throws InputError unless a rule that compares runs has its companion, and no companion goes unread. */
export function checkCompanions(rule: RuleName, companions: Companions): void {
  const needed = rule === 'pilot' ? 'pilot' : rule === 'split-half' ? 'half' : undefined
  if (needed && companions[needed] === undefined)
    throw new InputError('--early-stop', rule, `--${needed} RUN with it`)
  for (const name of ['half', 'pilot'] as const)
    if (name !== needed && companions[name] !== undefined)
      throw new InputError(`--${name}`, companions[name], `the rule that reads it, not ${rule}`)
}

/**
 * Trains a run, measures every checkpoint as it comes, and stops once a rule has fired. The run is resumable: without the rule
 * it would go on from there to the same bits.
 */
export async function trainUntil(
  run: RunParts,
  rule: RuleName,
  analysis: AnalysisOptions,
  companions: Companions,
  options: TrainOptions,
): Promise<{ readonly outcome: TrainOutcome; readonly verdict: Verdict | undefined }> {
  checkCompanions(rule, companions)
  const { device, signal } = options
  const measuring = openAnalysis(run, analysis, device)
  let last: Verdict | undefined
  const hasFired = async () => {
    const records = await measuring.catchUp({ signal })
    last = (await verdicts(run, records, device, companions)).find((verdict) => verdict.rule === rule)
    return last?.at.kind === 'reached'
  }
  try {
    // A run that has fired already stays where it is.
    const kept = listCheckpoints(run.checkpoints)
    if (kept.length > 1 && (await hasFired()))
      return { outcome: { kind: 'stopped', step: kept.at(-1)! }, verdict: last }
    const outcome = await trainRun(run, { ...options, onCheckpoint: hasFired })
    return { outcome, verdict: last }
  } finally {
    await measuring.release()
  }
}
