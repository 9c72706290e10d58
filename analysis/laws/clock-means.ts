import { studentMean } from '../../common/intervals.js'
import type { Interval } from '../../common/statistics.js'
import { type Clock, strikeOf } from '../clocks.js'
import { groupByP } from '../groups.js'
import { headlineOf, type RunSummary } from '../run-summary.js'
import { reachedStep } from '../strike.js'

/** Geometric mean of a positive number of runs over grammars, with its 95 % interval (Student's, of logarithms). */
export interface GrammarMean {
  /** Undefined unless every run has the number: the mean of some is no mean. */
  readonly mean: number | undefined
  /** Null for a single grammar: other seeds of it say nothing about the next grammar. */
  readonly interval: Interval | null
  /** Runs that have the number, of all. */
  readonly reached: number
  /** Runs in which a clock had struck at step 0, before training: that has no logarithm, and no ratio. They are not `reached`. */
  readonly atStart: number
  readonly runs: number
}

/** When a clock strikes in the runs of one variant and P. */
export interface ClockMean extends GrammarMean {
  readonly label: string
  readonly P: number
  readonly clock: Clock
}

/** How many times later one clock strikes than another in the same run. */
export interface ClockRatio extends GrammarMean {
  readonly label: string
  readonly P: number
  readonly early: Clock
  readonly late: Clock
}

/** Every headline clock of every variant at every P, smallest P first. */
export function clockMeans(runs: readonly RunSummary[]): ClockMean[] {
  return cells(runs).flatMap(({ label, P, members }) =>
    headlineOf(members).map((clock) => ({
      label,
      P,
      clock,
      ...overGrammars(members, (run) => reachedStep(strikeOf(run.clocks, clock))),
    })),
  )
}

/** Each level against the one below, and copying against the test minimum; only pairs that strike in some run. */
export function clockRatios(runs: readonly RunSummary[]): ClockRatio[] {
  return cells(runs).flatMap(({ label, P, members }) => {
    const clocks = headlineOf(members)
    const levels = clocks.filter(({ kind }) => kind === 'acquisition')
    const pairs = levels.slice(1).map((late, i) => [levels[i]!, late] as const)
    const [test, copies] = (['test-minimum', 'copies'] as const).map((kind) =>
      clocks.find((clock) => clock.kind === kind),
    )
    if (test && copies) pairs.push([test, copies])
    return pairs
      .map(([early, late]) => ({
        label,
        P,
        early,
        late,
        ...overGrammars(members, (run) => ratio(run, early, late)),
      }))
      .filter(({ reached }) => reached > 0)
  })
}

function cells(runs: readonly RunSummary[]) {
  return [...new Set(runs.map((run) => run.label))].flatMap((label) =>
    groupByP(runs.filter((run) => run.label === label)).map(({ P, runs: members }) => ({
      label,
      P,
      members,
    })),
  )
}

/** How many times later one clock strikes than another; undefined unless both do, not finite where one struck at step 0. */
export function ratio(run: RunSummary, early: Clock, late: Clock): number | undefined {
  const [first, second] = [early, late].map((clock) => reachedStep(strikeOf(run.clocks, clock)))
  return first === undefined || second === undefined ? undefined : second / first
}

/** The mean over grammars of what a number is in the geometric mean of each one's runs. */
export function overGrammars(
  runs: readonly RunSummary[],
  read: (run: RunSummary) => number | undefined,
): GrammarMean {
  const byGrammar = new Map<string, number[]>()
  let atStart = 0
  for (const run of runs) {
    const value = read(run)
    if (value === undefined) continue
    const log = Math.log(value)
    if (Number.isFinite(log)) byGrammar.set(run.grammar, [...(byGrammar.get(run.grammar) ?? []), log])
    else atStart++
  }
  const groups = [...byGrammar.values()]
  const reached = groups.flat().length
  if (reached < runs.length) return { mean: undefined, interval: null, reached, atStart, runs: runs.length }
  const { mean, interval } = studentMean(groups.map((logs) => studentMean(logs).mean))
  return {
    mean: Math.exp(mean),
    interval: interval && [Math.exp(interval[0]), Math.exp(interval[1])],
    reached,
    atStart,
    runs: runs.length,
  }
}
