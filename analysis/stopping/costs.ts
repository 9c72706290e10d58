import type { RunSummary } from '../run-summary.js'
import { ownVerdicts, pilotRule, RULES, type RuleName, splitHalfRule, type Verdict } from './rules.js'

/** What a rule's checkpoints are worth, averaged over the runs that it can judge. */
export interface RuleCost {
  readonly rule: RuleName | 'none'
  readonly meaning: string
  readonly runs: number
  readonly fired: number
  /** Memorised fraction ρ at the kept checkpoint. */
  readonly memorised: number
  /** Novel and valid samples at the kept checkpoint, and what the run's best checkpoint has more. */
  readonly novelValid: number
  readonly novelValidLost: number
  /** Test NELBO above the run's minimum, nats per string. */
  readonly testLost: number
}

/** Every rule that a study can judge, and what the last checkpoint costs. The pilot of a run is the smallest P of its grammar. */
export function ruleCosts(runs: readonly RunSummary[]): RuleCost[] {
  const judged = runs.flatMap((run) => verdictsOf(run, runs).map((verdict) => ({ run, verdict })))
  const rules = [...new Set(judged.map(({ verdict }) => verdict.rule))]
  const last = runs.map((run) => ({ run, keep: run.records.at(-1)!.step }))
  return [
    ...rules.map((rule) => {
      const members = judged.filter(({ verdict }) => verdict.rule === rule)
      const fired = members.filter(({ verdict }) => verdict.clock.kind === 'reached').length
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
  const mean = (read: (run: RunSummary, record: RunSummary['records'][number]) => number) =>
    kept.reduce((sum, { run, keep }) => sum + read(run, run.records.find(({ step }) => step === keep)!), 0) /
    kept.length
  return {
    rule,
    meaning,
    runs: kept.length,
    fired,
    memorised: mean((_, record) => Math.max(0, record.copies?.memorised ?? 0)),
    novelValid: mean((_, record) => record.novelValid),
    novelValidLost: mean(
      ({ records }, { novelValid }) => Math.max(...records.map((r) => r.novelValid)) - novelValid,
    ),
    testLost: mean(({ records }, { test }) => test.mean - Math.min(...records.map((r) => r.test.mean))),
  }
}
