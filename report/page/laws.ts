import { type Clock, label, meaning, sameClock } from '../../analysis/clocks.js'
import { type ClockLaw, collapses, describeFit, levelThresholds } from '../../analysis/laws/clock-laws.js'
import { clockMeans, clockRatios, type GrammarMean } from '../../analysis/laws/clock-means.js'
import { headlineOf, type RunSummary } from '../../analysis/run-summary.js'
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
    new Set(runs.map((run) => run.P)).size < runs.length ? meansTable(runs) + ratiosTable(runs) : '',
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
  const all = law.points.length + law.censored + law.atStart
  const missed = all > law.points.length ? ` of ${all} runs` : ' runs'
  return `${fit}<br><small>struck in ${law.points.length}${missed}${fromStart(law)}</small>`
}

function fromStart({ atStart }: { readonly atStart: number }): string {
  return atStart > 0 ? `, in ${atStart} at step 0 already` : ''
}

/** When each clock strikes, by variant and P. */
export function meansTable(runs: readonly RunSummary[]): string {
  const means = clockMeans(runs)
  const drawn = headlineOf(runs)
  const columns = drawn.map((clock) => ({
    title: subscript(label(clock)),
    cells: means.filter((mean) => sameClock(mean.clock, clock)),
  }))
  return `<p class="lead">Geometric means over the runs of one P, in steps, with 95 % intervals over grammars; where some runs did not get there, how many did.</p>${byVariant(columns, 0)}`
}

/** How many times later one clock strikes than another, by variant and P. */
function ratiosTable(runs: readonly RunSummary[]): string {
  // In the order of clocks, not of the P at which a pair first struck.
  const order = headlineOf(runs).map((clock) => label(clock))
  const at = ({ late }: { readonly late: Clock }) => order.indexOf(label(late))
  const ratios = clockRatios(runs).sort((a, b) => at(a) - at(b))
  const titles = [...new Set(ratios.map(titleOf))]
  if (titles.length === 0) return ''
  const columns = titles.map((title) => ({
    title: title.split('/').map(subscript).join('/'),
    cells: ratios.filter((ratio) => titleOf(ratio) === title),
  }))
  return `<p class="lead">How many times later one clock strikes than another in the same run, averaged and with intervals as above.</p>${byVariant(columns, 1)}`
}

const titleOf = ({ early, late }: { readonly early: Clock; readonly late: Clock }) =>
  `${label(late)}/${label(early)}`

type Cell = GrammarMean & { readonly label: string; readonly P: number }

/** A row per variant and P. */
function byVariant(
  columns: readonly { readonly title: string; readonly cells: readonly Cell[] }[],
  digits: number,
): string {
  const all = columns.flatMap(({ cells }) => cells)
  const rows = [...new Set(all.map(({ label }) => label))].flatMap((label) => {
    const sizes = all.flatMap((cell) => (cell.label === label ? [cell.P] : []))
    return [...new Set(sizes)].sort((a, b) => a - b).map((P) => ({ label, P }))
  })
  const labelled = rows.some((row) => row.label !== '')
  const shown = (cell: Cell | undefined) => {
    if (!cell) return ''
    if (cell.mean === undefined)
      return `<span class="censored">${cell.reached} of ${cell.runs}${fromStart(cell)}</span>`
    const ends = cell.interval?.map((end) => end.toFixed(digits)).join(', ')
    return `${cell.mean.toFixed(digits)}${ends ? `<br><small>[${ends}]</small>` : ''}`
  }
  return table(
    [...(labelled ? ['variant'] : []), 'P', ...columns.map(({ title }) => title)],
    rows.map((row) => [
      ...(labelled ? [escapeHtml(row.label)] : []),
      String(row.P),
      ...columns.map(({ cells }) =>
        shown(cells.find((cell) => cell.label === row.label && cell.P === row.P)),
      ),
    ]),
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
