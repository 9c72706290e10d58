import { type Interval, meanAndError, studentFactor } from '../../common/statistics.js'
import { acquiredDepth } from '../depth.js'
import { groupByP } from '../groups.js'
import { headlineClocks, type RunSummary } from '../run-summary.js'
import { type Collapse, dataCollapse } from './collapse.js'
import { fitPowerLaw, type LawPoint, type PowerLaw } from './power-law.js'
import { dataThresholds, depthRegime } from './regimes.js'

/** How one clock grows with P, over all runs or inside one depth regime. */
export interface ClockLaw {
  readonly name: string
  readonly meaning: string
  /** How many thresholds P*_ℓ all its P have passed; null where regimes are pooled. */
  readonly regime: number | null
  readonly points: readonly { readonly P: number; readonly step: number }[]
  /** Runs in which the clock did not strike: lower bounds in the fit. */
  readonly censored: number
  readonly fit: PowerLaw | undefined
}

/** Every headline clock against P: pooled, then per depth regime that holds at least two P. */
export function clockLaws(runs: readonly RunSummary[]): ClockLaw[] {
  const regimes = [...new Set(runs.map(regimeOf))].sort((a, b) => a - b)
  const several = regimes.filter((regime) => sizes(runs.filter((run) => regimeOf(run) === regime)) > 1)
  const parts = [
    { regime: null, members: runs },
    ...(regimes.length > 1
      ? several.map((regime) => ({ regime, members: runs.filter((run) => regimeOf(run) === regime) }))
      : []),
  ]
  return parts.flatMap(({ regime, members }) => lawsOf(members, regime))
}

function regimeOf({ tables, P }: RunSummary): number {
  return depthRegime(tables, P)
}

function sizes(runs: readonly RunSummary[]): number {
  return new Set(runs.map((run) => run.P)).size
}

function lawsOf(runs: readonly RunSummary[], regime: number | null): ClockLaw[] {
  return headlineClocks(runs[0]!).map(({ name, meaning }, index) => {
    const points = runs.map((run): LawPoint => {
      const { clock } = headlineClocks(run)[index]!
      const reached = clock.kind === 'reached'
      const watched = run.records.at(-1)!.step
      return {
        x: run.P,
        y: reached ? clock.step : clock.after,
        censored: !reached,
        watched,
        group: run.grammar,
      }
    })
    const known = points.filter((point) => !point.censored)
    return {
      name,
      meaning,
      regime,
      points: known.map(({ x, y }) => ({ P: x, step: y })),
      censored: points.length - known.length,
      fit: fitPowerLaw(points, name),
    }
  })
}

/** "P^0.98 [0.9, 1.1]", or why there is none. */
export function describeFit({ fit }: Pick<ClockLaw, 'fit'>): string {
  if (!fit?.interval) return 'too few points'
  return `P^${fit.exponent.toFixed(2)} [${fit.interval.map((end) => end.toFixed(2)).join(', ')}]`
}

/** Curves that studies rescale by P. */
const COLLAPSING = [
  {
    name: 'memorised fraction ρ',
    read: (record: RunSummary['records'][number]) => record.copies?.memorised ?? null,
  },
  {
    name: 'gap of test to train NELBO per token',
    read: (record: RunSummary['records'][number]) =>
      (record.test.mean - record.train.mean) / record.train.crossEntropy.length,
  },
] as const

/** Data collapse of each such curve over the runs of the depth regime that holds most P. */
export function collapses(
  runs: readonly RunSummary[],
): { readonly name: string; readonly collapse: Collapse }[] {
  const regimes = [...new Set(runs.map(regimeOf))]
  const members = regimes
    .map((regime) => runs.filter((run) => regimeOf(run) === regime))
    .sort((a, b) => sizes(b) - sizes(a))[0]!
  return COLLAPSING.flatMap(({ name, read }) => {
    const curves = members.map((run) => ({
      P: run.P,
      points: run.records.flatMap((record) => {
        const value = read(record)
        return value === null || record.step === 0 ? [] : [{ step: record.step, value }]
      }),
    }))
    const collapse = dataCollapse(curves.filter(({ points }) => points.length > 1))
    return collapse ? [{ name, collapse }] : []
  })
}

/** Data that level ℓ takes: what two kinds of learner are predicted to need, and the smallest P that reached it here. */
export interface LevelThreshold {
  readonly level: number
  readonly reuse: number
  readonly raw: number
  /** Smallest P of which at least half the runs acquired the level, not by copying blocks; null where none did. */
  readonly reached: number | null
  /** Largest P of which fewer than half did, below `reached`; null where none. */
  readonly missed: number | null
}

/** P*_ℓ, predicted and seen. Only levels that a run was watched long enough for can be seen. */
export function levelThresholds(runs: readonly RunSummary[]): LevelThreshold[] {
  const { tables } = runs[0]!
  const predicted = dataThresholds(tables)
  const sizesHere = [...new Set(runs.map((run) => run.P))].sort((a, b) => a - b)
  return predicted.reuse.map((reuse, i) => {
    const share = (P: number) => {
      const members = runs.filter((run) => run.P === P)
      const acquired = (run: RunSummary) => run.records.some((record) => (acquiredDepth(record) ?? 0) > i)
      return members.filter(acquired).length / members.length
    }
    const reached = sizesHere.find((P) => share(P) >= 0.5) ?? null
    const missed = sizesHere.filter((P) => share(P) < 0.5 && (reached === null || P < reached)).at(-1) ?? null
    return { level: i + 1, reuse, raw: predicted.raw[i]!, reached, missed }
  })
}

/** When a clock strikes at one P: geometric mean over runs with its 95 % interval (Student's, of logarithms). */
export interface ClockMean {
  readonly label: string
  readonly name: string
  readonly P: number
  /** Undefined unless every run reached it: the mean of some is no mean. */
  readonly mean: number | undefined
  /** Null for a single run. */
  readonly interval: Interval | null
  readonly reached: number
  readonly runs: number
}

/** Every headline clock of every variant at every P, smallest P first. */
export function clockMeans(runs: readonly RunSummary[]): ClockMean[] {
  return [...new Set(runs.map((run) => run.label))].flatMap((label) =>
    groupByP(runs.filter((run) => run.label === label)).flatMap(({ P, runs: members }) =>
      headlineClocks(members[0]!).map(({ name }) => clockMean(label, name, P, members)),
    ),
  )
}

function clockMean(label: string, name: string, P: number, members: readonly RunSummary[]): ClockMean {
  const logs = members.flatMap((run) => {
    const clock = headlineClocks(run).find((candidate) => candidate.name === name)?.clock
    return clock?.kind === 'reached' ? [Math.log(clock.step)] : []
  })
  const counted = { label, name, P, reached: logs.length, runs: members.length }
  if (logs.length < members.length) return { ...counted, mean: undefined, interval: null }
  const { mean, standardError } = meanAndError(logs)
  const spread = 1.96 * standardError * studentFactor(logs.length - 1)
  const interval: Interval | null =
    logs.length > 1 ? [Math.exp(mean - spread), Math.exp(mean + spread)] : null
  return { ...counted, mean: Math.exp(mean), interval }
}
