import type { CheckpointRecord } from '../record.js'
import type { RunSummary } from '../run-summary.js'
import { ownVerdicts, pilotRule, RULES, type RuleName, splitHalfRule, type Verdict } from './rules.js'

/** What a rule's checkpoints are worth, averaged over the runs that it can judge. */
export interface RuleCost {
  readonly rule: RuleName | 'none'
  readonly meaning: string
  readonly runs: number
  readonly fired: number
  /** Memorised fraction ρ at the kept checkpoint; what some run does not know of is undefined, here and below. */
  readonly memorised: number | undefined
  /** Novel and valid samples at the kept checkpoint, and what the run's best checkpoint has more. */
  readonly novelValid: number | undefined
  readonly novelValidLost: number | undefined
  /** Test NELBO above the run's minimum, nats per string. */
  readonly testLost: number | undefined
}

/** Every rule that a study can judge, and what the last checkpoint costs. The pilot of a run is the smallest P of its grammar. */
export function ruleCosts(runs: readonly RunSummary[]): RuleCost[] {
  const judged = runs.flatMap((run) => verdictsOf(run, runs).map((verdict) => ({ run, verdict })))
  const rules = [...new Set(judged.map(({ verdict }) => verdict.rule))]
  const last = runs.map((run) => ({ run, keep: run.records.at(-1)!.step }))
  return [
    ...rules.map((rule) => {
      const members = judged.filter(({ verdict }) => verdict.rule === rule)
      const fired = members.filter(({ verdict }) => verdict.at.kind === 'reached').length
      return cost(
        rule,
        RULES[rule],
        fired,
        members.map(({ run, verdict }) => ({ run, keep: verdict.keep })),
      )
    }),
    cost('none', 'the last checkpoint', 0, last),
  ]
}

function verdictsOf(run: RunSummary, runs: readonly RunSummary[]): Verdict[] {
  const pilot = runs
    .filter((other) => other.grammar === run.grammar && other.P < run.P)
    .sort((a, b) => a.P - b.P)[0]
  const halves = run.phenomena['split-half']
  return [
    ...ownVerdicts(run.records),
    ...(halves ? [splitHalfRule(run.records, halves)] : []),
    ...(pilot ? [pilotRule(run.records, run.P, pilot)] : []),
  ]
}

function cost(
  rule: RuleCost['rule'],
  meaning: string,
  fired: number,
  kept: readonly { readonly run: RunSummary; readonly keep: number }[],
): RuleCost {
  type Read = (record: CheckpointRecord) => number | undefined
  const mean = (read: Read, against: (all: readonly number[]) => number = () => 0, sign = 1) => {
    const costs = kept.map(({ run: { records }, keep }) => {
      const value = read(records.find(({ step }) => step === keep)!)
      const all = records.flatMap((record) => read(record) ?? [])
      return value === undefined ? Number.NaN : sign * (value - against(all))
    })
    const sum = costs.reduce((total, value) => total + value, 0)
    return Number.isNaN(sum) ? undefined : sum / kept.length
  }
  const novelValid: Read = ({ novelty }) => novelty?.rate
  return {
    rule,
    meaning,
    runs: kept.length,
    fired,
    memorised: mean(({ copies }) => copies?.memorised && Math.max(0, copies.memorised)),
    novelValid: mean(novelValid),
    novelValidLost: mean(novelValid, (all) => Math.max(...all), -1),
    testLost: mean(
      ({ losses }) => losses?.test.mean,
      (all) => Math.min(...all),
    ),
  }
}
