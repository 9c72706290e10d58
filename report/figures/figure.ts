import type { ClockLaw } from '../../analysis/laws/clock-laws.js'
import type { MeasureName } from '../../analysis/measures/table.js'
import type { PhaseFit } from '../../analysis/phase.js'
import type { PhenomenonName } from '../../analysis/phenomena/results.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import type { Spec } from './theme.js'

/**
 * What a figure cannot do without: a measure in every record, an experiment in every run, losses per mask count, or several
 * sizes P.
 */
export type FigureNeed = MeasureName | PhenomenonName | 'mask counts' | 'several sizes'

/** What is drawn besides the runs themselves. */
export interface FigureOptions {
  /** How the phase diagram is smoothed. */
  readonly smooth?: PhaseFit | undefined
  /** Fits of these runs, where they are known already. */
  readonly laws?: readonly ClockLaw[] | undefined
}

/** One figure of the report. */
export interface Figure {
  /** The heading above it. */
  readonly title: string
  /** The text below it; HTML. */
  readonly caption: string
  readonly needs: readonly FigureNeed[]
  draw(runs: readonly RunSummary[], options?: FigureOptions): Spec
}

/** The runs of which a figure can be drawn: those that have what it needs; none where they must be of several sizes and are not. */
export function drawable({ needs }: Figure, runs: readonly RunSummary[]): readonly RunSummary[] {
  const has = (run: RunSummary, need: FigureNeed) => {
    if (need === 'several sizes') return true
    if (need === 'mask counts') return run.records.every(({ losses }) => losses?.over === need)
    if (need in run.phenomena) return run.phenomena[need as PhenomenonName] !== undefined
    return run.records.every((record) => record[need as MeasureName] !== undefined)
  }
  const members = runs.filter((run) => needs.every((need) => has(run, need)))
  const several = new Set(members.map((run) => run.P)).size > 1
  return needs.includes('several sizes') && !several ? [] : members
}
