import { type Clock, strikeOf } from '../clocks.js'
import { acquiredDepth } from '../depth.js'
import { headlineOf, type RunSummary } from '../run-summary.js'
import { type Collapse, dataCollapse } from './collapse.js'
import { fitPowerLaw, GRAMMARS, type LawPoint, type PowerLaw } from './power-law.js'

/** How one clock grows with P, over all runs or inside one depth regime. */
export interface ClockLaw {
  readonly clock: Clock
  /** How many thresholds P*_ℓ all its P have passed; null where regimes are pooled. */
  readonly regime: number | null
  readonly points: readonly { readonly P: number; readonly step: number }[]
  /** Runs in which the clock did not strike: lower bounds in the fit. */
  readonly censored: number
  /** Runs in which it had struck at step 0, before training: the fit leaves them out. */
  readonly atStart: number
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

/** The depth regime of a run: how many of a reusing learner's thresholds P*_ℓ its P reaches, 0..L; 0 where none are known. */
function regimeOf({ source, P }: RunSummary): number {
  return source.truth.levels?.thresholds.reuse.filter((threshold) => threshold <= P).length ?? 0
}

function sizes(runs: readonly RunSummary[]): number {
  return new Set(runs.map((run) => run.P)).size
}

function lawsOf(runs: readonly RunSummary[], regime: number | null): ClockLaw[] {
  return headlineOf(runs).map((clock) => {
    const points = runs.flatMap((run): LawPoint[] => {
      const at = strikeOf(run.clocks, clock)
      if (!at) return []
      const reached = at.kind === 'reached'
      return [{ x: run.P, y: reached ? at.step : at.after, censored: !reached, grammar: run.grammar }]
    })
    const known = points.filter((point) => !point.censored && point.y > 0)
    const censored = points.filter((point) => point.censored).length
    return {
      clock,
      regime,
      points: known.map(({ x, y }) => ({ P: x, step: y })),
      censored,
      atStart: points.length - censored - known.length,
      fit: fitPowerLaw(points),
    }
  })
}

/** "P^0.98 [0.9, 1.1]", or why there is none. */
export function describeFit({ fit }: Pick<ClockLaw, 'fit'>): string {
  if (!fit) return 'too few struck'
  if (!fit.interval) return fit.grammars < GRAMMARS ? 'needs three grammars' : 'too few struck'
  return `P^${fit.exponent.toFixed(2)} [${fit.interval.map((end) => end.toFixed(2)).join(', ')}]`
}

/** Curves that studies rescale by P. */
const COLLAPSING = [
  {
    name: 'memorised fraction ρ',
    read: ({ copies }: RunSummary['records'][number]) => copies?.memorised ?? null,
  },
  {
    name: 'gap of test to train NELBO per token',
    read: ({ losses }: RunSummary['records'][number]) =>
      losses ? (losses.test.mean - losses.train.mean) / losses.train.crossEntropy.length : null,
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
    const collapse = dataCollapse(curves)
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
  const predicted = runs[0]!.source.truth.levels?.thresholds
  if (!predicted) return []
  const sizesHere = [...new Set(runs.map((run) => run.P))].sort((a, b) => a - b)
  return predicted.reuse.map((reuse, i) => {
    const share = (P: number) => {
      const members = runs.filter((run) => run.P === P)
      const acquired = (run: RunSummary) => run.records.some((record) => (acquiredDepth(record) ?? 0) > i)
      return members.filter(acquired).length / members.length
    }
    const reached = sizesHere.find((P) => share(P) >= 0.5) ?? null
    const missed = sizesHere.filter((P) => reached === null || P < reached).at(-1) ?? null
    return { level: i + 1, reuse, raw: predicted.raw[i]!, reached, missed }
  })
}
