import type { RunSummary } from '../../analysis/run-summary.js'
import { ruleCosts } from '../../analysis/stopping/costs.js'
import { escapeHtml, table } from '../html.js'

/** What each early-stopping rule costs in generalisation and in copies. */
export function stoppingTable(runs: readonly RunSummary[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return (
    '<p class="lead">The checkpoint that each rule keeps, averaged over runs; a run in which a rule never fires keeps its last one. Lost: against the best checkpoint of the same run.</p>' +
    table(
      [
        'rule',
        'memorisation has started when',
        'fired',
        'memorised ρ',
        'novel, valid',
        'lost',
        'test NELBO lost',
      ],
      ruleCosts(runs).map((cost) => [
        cost.rule,
        escapeHtml(cost.meaning),
        cost.rule === 'none' ? '–' : `${cost.fired} of ${cost.runs}`,
        percent(cost.memorised),
        percent(cost.novelValid),
        percent(cost.novelValidLost),
        cost.testLost.toFixed(2),
      ]),
    )
  )
}
