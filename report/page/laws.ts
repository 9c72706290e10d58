import { label, meaning, sameClock } from '../../analysis/clocks.js'
import {
  type ClockLaw,
  type ClockMean,
  clockMeans,
  collapses,
  describeFit,
  headlineOf,
  levelThresholds,
} from '../../analysis/laws/clock-laws.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import { escapeHtml, subscript, table } from '../html.js'

/** Exponents of every clock, pooled and per depth regime; data collapse; thresholds predicted and seen. */
export function lawTables(runs: readonly RunSummary[], laws: readonly ClockLaw[]): string {
  const regimes = [...new Set(laws.map((law) => law.regime))]
  return [
    `<p class="lead">${hasThresholds(runs) ? 'A regime holds the P between two thresholds P*; only inside one is an exponent a law. ' : ''}Runs in which a clock did not strike count as lower bounds.</p>`,
    table(
      ['clock', 'what strikes', ...regimes.map(regimeTitle)],
      laws
        .filter((law) => law.regime === null)
        .map(({ clock }) => [
          subscript(label(clock)),
          meaning(clock).replace(/q_(\d)/, 'q<sub>$1</sub>'),
          ...regimes.map((regime) => {
            const own = laws.find((law) => sameClock(law.clock, clock) && law.regime === regime)
            return own ? growth(own) : '–'
          }),
        ]),
    ),
    new Set(runs.map((run) => run.P)).size < runs.length ? meansTable(runs) : '',
    collapseTable(runs),
    thresholdTable(runs),
  ].join('\n')
}

function hasThresholds(runs: readonly RunSummary[]): boolean {
  return runs.some(({ source }) => source.truth.levels !== undefined)
}

function regimeTitle(regime: number | null): string {
  if (regime === null) return 'all P'
  return regime === 0 ? 'P below P*<sub>1</sub>' : `P from P*<sub>${regime}</sub>`
}

function growth(law: ClockLaw): string {
  const fit = escapeHtml(describeFit(law)).replace(/\^([\d.-]+)/, '<sup>$1</sup>')
  const missed = law.censored > 0 ? ` of ${law.points.length + law.censored} runs` : ' runs'
  return `${fit}<br><small>struck in ${law.points.length}${missed}</small>`
}

/** When each clock strikes, by variant and P. */
export function meansTable(runs: readonly RunSummary[]): string {
  const means = clockMeans(runs)
  const drawn = headlineOf(runs)
  const rows = [...new Map(means.map((mean) => [`${mean.label}/${mean.P}`, mean])).values()]
  const labelled = rows.some((row) => row.label !== '')
  const shown = (mean: ClockMean | undefined) => {
    if (!mean) return ''
    if (mean.mean === undefined) return `<span class="censored">${mean.reached} of ${mean.runs}</span>`
    const ends = mean.interval?.map((end) => Math.round(end)).join(', ')
    return `${Math.round(mean.mean)}${ends ? `<br><small>[${ends}]</small>` : ''}`
  }
  return (
    '<p class="lead">Geometric means over the runs of one P, in steps, with 95 % intervals; where some runs did not get there, how many did.</p>' +
    table(
      [...(labelled ? ['variant'] : []), 'P', ...drawn.map((clock) => subscript(label(clock)))],
      rows.map(({ label: variant, P }) => [
        ...(labelled ? [escapeHtml(variant)] : []),
        String(P),
        ...drawn.map((clock) =>
          shown(means.find((mean) => mean.label === variant && mean.P === P && sameClock(mean.clock, clock))),
        ),
      ]),
    )
  )
}

function collapseTable(runs: readonly RunSummary[]): string {
  const found = collapses(runs)
  if (found.length === 0) return ''
  return (
    `<p class="lead">Data collapse${hasThresholds(runs) ? ', in the regime with most P' : ''}: root mean square distance of a curve from the mean of the others.</p>` +
    table(
      ['curve', 'against step', 'against step/P', 'against step/P<sup>best</sup>', 'best exponent'],
      found.map(({ name, collapse }) => [
        escapeHtml(name),
        ...[collapse.apart, collapse.linear, collapse.best].map((value) =>
          Number.isFinite(value) ? value.toFixed(3) : 'no overlap',
        ),
        collapse.exponent.toFixed(2),
      ]),
    )
  )
}

function thresholdTable(runs: readonly RunSummary[]): string {
  const thresholds = levelThresholds(runs)
  if (thresholds.length === 0) return ''
  return (
    '<p class="lead">Training strings that a level takes: predicted, and the sizes here between which half of the runs began to acquire it while they were watched.</p>' +
    table(
      ['level', 'P* reusing rules', 'P* raw tuples', 'seen here'],
      thresholds.map(({ level, reuse, raw, reached, missed }) => [
        String(level),
        rounded(reuse),
        rounded(raw),
        reached === null
          ? `none up to ${missed}`
          : missed === null
            ? `≤ ${reached}`
            : `${missed} – ${reached}`,
      ]),
    )
  )
}

function rounded(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '∞'
}
