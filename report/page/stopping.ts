import type { RunSummary } from '../../analysis/run-summary.js'
import { type RuleCost, ruleCosts } from '../../analysis/stopping/costs.js'
import { escapeHtml, percent, table } from '../html.js'

/** What a checkpoint costs; a column that no rule has a value for is left out. */
const COLUMNS: readonly (readonly [head: string, read: (cost: RuleCost) => string | undefined])[] = [
  ['memorised ρ', ({ memorised }) => percent(memorised)],
  ['novel, valid', ({ novelValid }) => percent(novelValid)],
  ['lost', ({ novelValidLost }) => percent(novelValidLost)],
  ['test NELBO lost', ({ testLost }) => testLost?.toFixed(2)],
]

/** What each early-stopping rule costs in generalisation and in copies. */
export function stoppingTable(runs: readonly RunSummary[]): string {
  const costs = ruleCosts(runs)
  const columns = COLUMNS.filter(([, read]) => costs.some((cost) => read(cost) !== undefined))
  return (
    `<p class="lead">The checkpoint that each rule keeps, averaged over runs; a run in which a rule never fires keeps its last one.${columns.some(([head]) => head.endsWith('lost')) ? ' Lost: against the best checkpoint of the same run.' : ''}</p>` +
    table(
      ['rule', 'memorisation has started when', 'fired', ...columns.map(([head]) => head)],
      costs.map((cost) => [
        cost.rule,
        escapeHtml(cost.meaning),
        cost.rule === 'none' ? '–' : `${cost.fired} of ${cost.runs}`,
        ...columns.map(([, read]) => read(cost) ?? '–'),
      ]),
    )
  )
}
