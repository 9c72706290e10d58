import { isotonic } from '../common/isotonic.js'
import { type Clock, label, strikeOf } from './clocks.js'
import { acquiredDepth } from './depth.js'
import { type Group, groupByP } from './groups.js'
import type { RunSummary } from './run-summary.js'
import { reachedStep } from './strike.js'

/** One tile of the map: what runs of one P are like around one checkpoint. */
export interface PhaseTile {
  readonly P: number
  readonly step: number
  /** Mean over runs of how many levels, from the leaves up and without a gap, have q ≥ .5 and blocks that are not mostly copied. */
  readonly depth: number
  /** Mean memorised fraction ρ, at least 0. */
  readonly memorised: number
  readonly low: number
  readonly high: number
  readonly left: number
  readonly right: number
}

/** How depth and memorised fraction are smoothed over steps: not at all, or as if neither could fall again. */
export type PhaseFit = 'none' | 'isotonic'

/** Acquired depth and memorised fraction over (P, step). Where too few novel samples are left to tell, the last depth stands. */
export function phaseTiles(runs: readonly RunSummary[], smooth: PhaseFit = 'none'): PhaseTile[] {
  const groups = groupByP(runs)
  const columns = edges(groups.map((group) => group.P))
  return groups.flatMap((group, column) => {
    const steps = group.runs[0]!.records.map((record) => record.step).filter((step) => step > 0)
    const shared = steps.filter((step) => group.runs.every((run) => run.records.some((r) => r.step === step)))
    const rows = edges(shared)
    const smoothed = smooth === 'isotonic' ? isotonic : (values: number[]) => values
    const depth = smoothed(shared.map((step) => meanOver(group, (run) => depthAt(run, step))))
    const memorised = smoothed(shared.map((step) => meanOver(group, (run) => memorisedAt(run, step))))
    return shared.map((step, row) => ({
      P: group.P,
      step,
      depth: depth[row]!,
      memorised: memorised[row]!,
      low: rows[row]!,
      high: rows[row + 1]!,
      left: columns[column]!,
      right: columns[column + 1]!,
    }))
  })
}

function meanOver(group: Group, read: (run: RunSummary) => number): number {
  return group.runs.reduce((sum, run) => sum + read(run), 0) / group.runs.length
}

function memorisedAt(run: RunSummary, step: number): number {
  return Math.max(0, run.records.find((record) => record.step === step)!.copies?.memorised ?? 0)
}

/** Levels acquired by the last checkpoint up to a step that can tell. */
function depthAt(run: RunSummary, step: number): number {
  const until = run.records.filter((record) => record.step <= step)
  return until.reduce((depth, record) => acquiredDepth(record) ?? depth, 0)
}

/** Borders half-way between values in logarithm, and as far beyond the ends. */
export function edges(values: readonly number[]): number[] {
  const logs = values.map(Math.log)
  if (logs.length === 1) return [values[0]! / Math.SQRT2, values[0]! * Math.SQRT2]
  const inner = logs.slice(1).map((log, i) => (log + logs[i]!) / 2)
  const [first, last] = [logs[0]! - (inner[0]! - logs[0]!), logs.at(-1)! + (logs.at(-1)! - inner.at(-1)!)]
  return [first, ...inner, last].map(Math.exp)
}

/** Where a clock stands against P: the geometric mean over the runs of one P that reached it after step 0, where at least half did. */
export function clockLine(runs: readonly RunSummary[], clock: Clock) {
  return groupByP(runs).flatMap(({ P, runs: members }) => {
    const struck = members.flatMap((run) => {
      const step = reachedStep(strikeOf(run.clocks, clock))
      return step ? [Math.log(step)] : []
    })
    if (2 * struck.length < members.length) return []
    return [
      { clock: label(clock), P, step: Math.exp(struck.reduce((sum, log) => sum + log, 0) / struck.length) },
    ]
  })
}
