import type { RhmTables } from '../grammar/rhm/tables.js'
import { type Clock, type Clocks, clocks } from './clocks.js'
import type { CheckpointRecord } from './measures/checkpoint.js'
import type { Phenomena } from './phenomena/results.js'

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
  readonly tables: RhmTables
  /** In order of steps. */
  readonly records: readonly CheckpointRecord[]
  readonly clocks: Clocks
  readonly phenomena: Phenomena
  /** What sets this run apart from the others of its study; empty where there is nothing but P. */
  readonly label: string
}

export function summarise(run: Omit<RunSummary, 'clocks'>): RunSummary {
  return { ...run, clocks: clocks(run.records) }
}

/** A clock with a name: what tables and figures list. */
export interface NamedClock {
  /** τ_1, τ_test, … */
  readonly name: string
  readonly meaning: string
  readonly clock: Clock
}

/** The headline clocks of a run, in the order in which they usually strike. */
export function headlineClocks({ clocks: all }: Pick<RunSummary, 'clocks'>): NamedClock[] {
  return [
    ...all.acquisition.map(({ level, at }) => ({
      name: `τ_${level}`,
      meaning: `level ${level} acquired: q_${level} passes .5`,
      clock: at['0.5'],
    })),
    { name: 'τ_test', meaning: 'minimum of the test NELBO', clock: all.testMinimum },
    { name: 'τ_floor', meaning: 'train NELBO falls below the entropy H', clock: all.trainBelowEntropy },
    {
      name: 'τ_oracle',
      meaning: 'the memoriser comes nearer than the Bayes denoiser of any depth',
      clock: all.memoriserNearest,
    },
    { name: 'τ_copy', meaning: 'memorised fraction ρ passes .25', clock: all.copies['0.25'] },
    { name: 'τ_bound', meaning: 'Jensen bound M passes .25', clock: all.bound },
  ]
}

/** The same instant in the three units that studies report. */
export function inUnits(step: number, run: Pick<RunSummary, 'P' | 'batch'>) {
  return { steps: step, samples: step * run.batch, epochs: (step * run.batch) / run.P }
}
