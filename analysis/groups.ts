import type { RunSummary } from './run-summary.js'

/** Runs with the same number of training strings. */
export interface Group {
  readonly P: number
  readonly runs: readonly RunSummary[]
}

/** Groups runs by P, smallest first. */
export function groupByP(runs: readonly RunSummary[]): Group[] {
  return [...new Set(runs.map((run) => run.P))]
    .sort((a, b) => a - b)
    .map((P) => ({ P, runs: runs.filter((run) => run.P === P) }))
}

/** A curve averaged over the runs of a group, with its smallest and largest value. */
export interface CurvePoint {
  readonly step: number
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Reads one number per checkpoint and averages it over runs, at steps that all of them kept; step 0 is left out. */
export function averageCurve(
  group: Group,
  read: (record: RunSummary['records'][number]) => number | null | undefined,
): CurvePoint[] {
  const [first, ...others] = group.runs
  return (first?.records ?? []).flatMap((record) => {
    const { step } = record
    if (step === 0) return []
    const alike = others.flatMap(({ records }) => records.find((candidate) => candidate.step === step) ?? [])
    if (alike.length < others.length) return []
    const values = [record, ...alike].flatMap((one) => read(one) ?? [])
    if (values.length === 0) return []
    const value = values.reduce((sum, x) => sum + x, 0) / values.length
    return [{ step, value, low: Math.min(...values), high: Math.max(...values) }]
  })
}

/** Smallest and largest step beyond 0 over all runs. */
export function stepRange(runs: readonly RunSummary[]): [number, number] {
  const steps = runs.flatMap((run) => run.records.map((record) => record.step)).filter((step) => step > 0)
  return [Math.min(...steps), Math.max(...steps)]
}
