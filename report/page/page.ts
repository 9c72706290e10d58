import { join } from 'node:path'
import { clockLaws } from '../../analysis/laws/clock-laws.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import { writeFileAtomic } from '../../common/files.js'
import { stringSet, type TokenMatrix } from '../../common/strings.js'
import { drawable, type Figure, type FigureOptions } from '../figures/figure.js'
import { EXPERIMENT_FIGURES, letterOf, VARIANT_FIGURES } from '../figures/table.js'
import { escapeHtml, page, section } from '../html.js'
import { writeFigure } from '../render.js'
import { lawTables, meansTable } from './laws.js'
import { runTable } from './runs.js'
import { stoppingTable } from './stopping.js'
import { treeSvg, treeWidth } from './trees.js'

export interface PageInput {
  readonly title: string
  readonly description: string
  readonly runs: readonly RunSummary[]
  /** Training strings of each run, by key: to frame copies among the drawn trees. */
  readonly train: ReadonlyMap<string, () => TokenMatrix>
  /** Cells that are not done, with the reason. */
  readonly missing: readonly { readonly key: string; readonly reason: string }[]
}

export interface PageOptions {
  /** Seconds after which the page loads itself again, for runs that go on. */
  readonly refresh?: number | undefined
  /** How the phase diagram is smoothed. */
  readonly smooth?: FigureOptions['smooth']
}

/**
 * Writes figures/ and report.html into a directory: one page that opens from disk and needs nothing else. Figures of which no run
 * has what they need are left out.
 *
 * @returns the path of the page
 */
export async function writePage(
  directory: string,
  input: PageInput,
  { refresh, smooth }: PageOptions = {},
): Promise<string> {
  const { runs } = input
  const folder = join(directory, 'figures')
  // Runs that differ in more than P and seeds belong in figures of their own.
  const labels = new Set(runs.map((run) => run.label))
  const experiments = await figureSections(folder, EXPERIMENT_FIGURES, runs, {})
  const parts: string[] = []
  for (const label of labels) {
    const members = runs.filter((run) => run.label === label)
    const own = labels.size === 1 ? folder : join(folder, label.replace(/[^\w.=+-]+/g, '_') || 'base')
    if (labels.size > 1) parts.push(`<h1>${escapeHtml(label || 'base')}</h1>`)
    parts.push(await variantSections(own, members, smooth))
  }
  const body = [
    `<h1>${escapeHtml(input.title)}</h1>`,
    `<p class="lead">${escapeHtml(input.description)}</p>`,
    experiments,
    labels.size > 1 ? section('Variants side by side', meansTable(runs)) : '',
    ...parts,
    missingList(input),
    trees(input),
  ]
  const path = join(directory, 'report.html')
  writeFileAtomic(path, page(input.title, body.join('\n'), refresh))
  return path
}

/** Everything that is drawn of runs that differ in P and seeds only. */
async function variantSections(
  folder: string,
  runs: readonly RunSummary[],
  smooth: FigureOptions['smooth'],
): Promise<string> {
  const several = new Set(runs.map((run) => run.P)).size > 1
  // Fitted once, for a figure and for its tables.
  const laws = several ? clockLaws(runs) : []
  const figures = await figureSections(folder, VARIANT_FIGURES, runs, { smooth, laws }, (figure) =>
    figure === VARIANT_FIGURES.scaling ? lawTables(runs, laws) : '',
  )
  return [
    `<p class="lead">${escapeHtml(sourceSentence(runs))}</p>`,
    figures,
    section('Where each rule would have stopped', stoppingTable(runs)),
    section('Runs', runTable(runs)),
  ].join('\n')
}

/** Sections of a table's figures; those of which no run has what they need are left out. */
async function figureSections(
  folder: string,
  table: Readonly<Record<string, Figure>>,
  runs: readonly RunSummary[],
  options: FigureOptions,
  beside: (figure: Figure) => string = () => '',
): Promise<string> {
  const parts: string[] = []
  for (const [name, figure] of Object.entries(table)) {
    const members = drawable(figure, runs)
    if (members.length === 0) continue
    const letter = letterOf(name)
    const file = `${letter}-${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`
    const svg = await writeFigure(folder, file, figure.draw(members, options))
    const drawn = `<figure>${svg}<figcaption>${figure.caption}</figcaption></figure>`
    parts.push(section(`${letter}. ${figure.title}`, drawn + beside(figure)))
  }
  return parts.join('\n')
}

function sourceSentence(runs: readonly RunSummary[]): string {
  const sources = [...new Set(runs.map(({ source }) => source.description))]
  const { parameters, batch, records } = runs[0]!
  const last = records.at(-1)!
  const entropy = last.losses?.floors.entropy
  return [
    `${sources.join('; ')}${entropy === undefined ? '' : `, H = ${entropy.toFixed(2)} nats`}.`,
    `Networks of ${parameters.toLocaleString('en')} parameters, ${batch} strings per step;`,
    `${last.samples?.count ?? 0} samples per checkpoint.`,
  ].join(' ')
}

function missingList({ missing }: PageInput): string {
  if (missing.length === 0) return ''
  return `<p>Not finished: ${missing.map(({ key, reason }) => `<code>${escapeHtml(key)}</code> (${escapeHtml(reason)})`).join(', ')}</p>`
}

const TREE_ROWS = 7
const ROW_WIDTH = 1080

/** A few checkpoints of the run with most and of the one with fewest training strings. */
function trees(input: PageInput): string {
  const byP = input.runs.filter(({ source }) => source.truth.levels).sort((a, b) => b.P - a.P)
  if (byP.length === 0) return ''
  const chosen = byP.length > 1 ? [byP[0]!, byP.at(-1)!] : byP
  const intro =
    '<p class="lead">Strings drawn at successive checkpoints. A filled node’s whole subtree parses; a frame marks an exact copy of a training string.</p>'
  const rows = chosen.map((run) => `<h3>P = ${run.P}</h3>${treeRows(run, input.train.get(run.key)?.())}`)
  return section('Depth appearing, string by string', intro + rows.join('\n'))
}

function treeRows(run: RunSummary, train: TokenMatrix | undefined): string {
  const set = train && stringSet(train)
  const fitting = Math.max(1, Math.floor(ROW_WIDTH / (treeWidth(run.source.length) + 13)))
  const last = run.records.length - 1
  const picked = [
    ...new Set(Array.from({ length: TREE_ROWS }, (_, i) => Math.round((last * i) / (TREE_ROWS - 1)))),
  ]
  return picked
    .map((index) => {
      const record = run.records[index]!
      const drawings = (record.samples?.examples ?? []).slice(0, fitting).map((tokens) => {
        const isCopy = set !== undefined && set.find(Int32Array.from(tokens)) >= 0
        return treeSvg(run.source, tokens, isCopy)
      })
      return `<div class="trees"><div class="step">step ${record.step}</div><div class="strings">${drawings.join('')}</div></div>`
    })
    .join('\n')
}
