import type { Source } from '../corpus/source.js'
import { type Clock, clocks, headline, type Reading, sameClock } from './clocks.js'
import type { Phenomena } from './phenomena/results.js'
import type { CheckpointRecord } from './record.js'

/** A run as figures and tables see it. */
export interface RunSummary {
  readonly key: string
  /** Names the grammar: runs of one grammar scatter together. */
  readonly grammar: string
  /** P: training strings. */
  readonly P: number
  /** Strings per step: turns steps into samples and epochs. */
  readonly batch: number
  readonly parameters: number
  readonly source: Source
  /** In order of steps. */
  readonly records: readonly CheckpointRecord[]
  readonly clocks: readonly Reading[]
  readonly phenomena: Phenomena
  /** What sets this run apart from the others of its study; empty where there is nothing but P. */
  readonly label: string
}

export function summarise(run: Omit<RunSummary, 'clocks'>): RunSummary {
  return { ...run, clocks: clocks(run.records) }
}

/** L: levels of the runs' source; 0 where it has none. */
export function depthOf(runs: readonly RunSummary[]): number {
  return runs[0]?.source.truth.levels?.depth ?? 0
}

/** The same instant in the three units that studies report. */
export function inUnits(step: number, run: Pick<RunSummary, 'P' | 'batch'>) {
  return { steps: step, samples: step * run.batch, epochs: (step * run.batch) / run.P }
}

/** The headline clocks of any of some runs. */
export function headlineOf(runs: readonly RunSummary[]): Clock[] {
  const found: Clock[] = []
  for (const { clock } of runs.flatMap((run) => headline(run.clocks)))
    if (!found.some((known) => sameClock(known, clock))) found.push(clock)
  return found
}
