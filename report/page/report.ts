import { join } from 'node:path'
import type { RunSummary } from '../../analysis/run-summary.js'
import { writeFileAtomic } from '../../common/files.js'
import { stringSet, type TokenMatrix } from '../../common/strings.js'
import type { Smoothing } from '../figures/phase.js'
import { escapeHtml, page, section } from '../html.js'
import { meansTable } from './laws.js'
import { phenomenaSections } from './phenomena.js'
import { treeSvg, treeWidth } from './trees.js'
import { variantSections } from './variant.js'

export interface ReportInput {
  readonly title: string
  readonly description: string
  readonly runs: readonly RunSummary[]
  /** Training strings of each run, by key: to frame copies among the drawn trees. */
  readonly train: ReadonlyMap<string, TokenMatrix>
  /** Cells that are not done, with the reason. */
  readonly missing: readonly { readonly key: string; readonly reason: string }[]
}

export interface ReportOptions {
  /** Seconds after which the page loads itself again, for runs that go on. */
  readonly refresh?: number | undefined
  /** How the phase diagram is smoothed. */
  readonly smooth?: Smoothing | undefined
}

/**
 * Writes figures/ and report.html into a directory: one page that opens from disk and needs nothing else.
 *
 * @returns the path of the page
 */
export async function writeReport(
  directory: string,
  input: ReportInput,
  { refresh, smooth }: ReportOptions = {},
): Promise<string> {
  const { runs } = input
  const figures = join(directory, 'figures')
  const variants = groupByLabel(runs)
  const experiments = await phenomenaSections(figures, runs)
  const parts: string[] = []
  for (const [label, members] of variants) {
    if (variants.size === 1) parts.push(await variantSections(figures, members, smooth))
    else {
      const folder = join(figures, label.replace(/[^\w.=+-]+/g, '_') || 'base')
      parts.push(`<h1>${escapeHtml(label || 'base')}</h1>`, await variantSections(folder, members, smooth))
    }
  }
  const body = [
    `<h1>${escapeHtml(input.title)}</h1>`,
    `<p class="lead">${escapeHtml(input.description)}</p>`,
    experiments,
    variants.size > 1 ? section('Variants side by side', meansTable(runs)) : '',
    ...parts,
    missingList(input),
    section('Depth appearing, string by string', trees(input)),
  ]
  const path = join(directory, 'report.html')
  writeFileAtomic(path, page(input.title, body.join('\n'), refresh))
  return path
}

/** Runs that differ in more than P and seeds belong in figures of their own. */
function groupByLabel(runs: readonly RunSummary[]): Map<string, RunSummary[]> {
  return new Map(
    [...new Set(runs.map((run) => run.label))].map((label) => [
      label,
      runs.filter((run) => run.label === label),
    ]),
  )
}

function missingList({ missing }: ReportInput): string {
  if (missing.length === 0) return ''
  return `<p>Not finished: ${missing.map(({ key, reason }) => `<code>${escapeHtml(key)}</code> (${escapeHtml(reason)})`).join(', ')}</p>`
}

const TREE_ROWS = 7
const ROW_WIDTH = 1080

/** A few checkpoints of the run with most and of the one with fewest training strings. */
function trees(input: ReportInput): string {
  const byP = [...input.runs].sort((a, b) => b.P - a.P)
  const chosen = byP.length > 1 ? [byP[0]!, byP.at(-1)!] : byP
  const intro =
    '<p class="lead">Strings drawn at successive checkpoints. A filled node’s whole subtree parses; a frame marks an exact copy of a training string.</p>'
  return (
    intro + chosen.map((run) => `<h3>P = ${run.P}</h3>${treeRows(run, input.train.get(run.key))}`).join('\n')
  )
}

function treeRows(run: RunSummary, train: TokenMatrix | undefined): string {
  const set = train && stringSet(train)
  const fitting = Math.max(1, Math.floor(ROW_WIDTH / (treeWidth(run.tables.d) + 13)))
  const last = run.records.length - 1
  const picked = [
    ...new Set(Array.from({ length: TREE_ROWS }, (_, i) => Math.round((last * i) / (TREE_ROWS - 1)))),
  ]
  return picked
    .map((index) => {
      const record = run.records[index]!
      const drawings = record.examples.slice(0, fitting).map((tokens) => {
        const isCopy = set !== undefined && set.find(Int32Array.from(tokens)) >= 0
        return treeSvg(run.tables, tokens, isCopy)
      })
      return `<div class="trees"><div class="step">step ${record.step}</div><div class="strings">${drawings.join('')}</div></div>`
    })
    .join('\n')
}
