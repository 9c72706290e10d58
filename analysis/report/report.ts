import { join } from 'node:path'
import { writeFileAtomic } from '../../common/files.js'
import { countStrings } from '../../grammar/rhm.js'
import { stringSet, type TokenMatrix } from '../../grammar/strings.js'
import type { Clock } from '../clocks.js'
import { gapFigure } from '../figures/gap.js'
import { lossesFigure } from '../figures/losses.js'
import { nearestFigure } from '../figures/nearest.js'
import { phaseFigure } from '../figures/phase.js'
import { writeFigure } from '../figures/render.js'
import { scalingFigure } from '../figures/scaling.js'
import { hasOracles, staircaseFigure } from '../figures/staircase.js'
import { validityFigure } from '../figures/validity.js'
import type { OracleDistances } from '../oracles/probe.js'
import { headlineClocks, inUnits, type RunSummary } from '../run-summary.js'
import { escapeHtml, page, subscript, table } from './html.js'
import { lawTables } from './laws.js'
import { phenomenaSections } from './phenomena.js'
import { stoppingTable } from './stopping.js'
import { treeSvg, treeWidth } from './trees.js'

export interface ReportInput {
  readonly title: string
  readonly description: string
  readonly runs: readonly RunSummary[]
  /** Training strings of each run, by key: to frame copies among the drawn trees. */
  readonly train: ReadonlyMap<string, TokenMatrix>
  /** Cells that are not done, with the reason. */
  readonly missing: readonly { readonly key: string; readonly reason: string }[]
}

/**
 * Writes figures/ and report.html into a directory: one page that opens from disk and needs nothing else.
 *
 * @param refresh seconds after which the page loads itself again, for runs that go on
 * @returns the path of the page
 */
export async function writeReport(directory: string, input: ReportInput, refresh?: number): Promise<string> {
  const { runs } = input
  const figures = join(directory, 'figures')
  const validity = await writeFigure(figures, 'A-validity', validityFigure(runs))
  const losses = await writeFigure(figures, 'B-losses', lossesFigure(runs))
  const oracles = hasOracles(runs)
  const staircase = oracles ? await writeFigure(figures, 'D-staircase', staircaseFigure(runs)) : ''
  const gap = oracles ? await writeFigure(figures, 'E-gap', gapFigure(runs)) : ''
  const nearest = await writeFigure(figures, 'F-nearest', nearestFigure(runs))
  const several = new Set(runs.map((run) => run.P)).size > 1
  const scaling = several ? await writeFigure(figures, 'C-scaling', scalingFigure(runs)) : ''
  const phase = several ? await writeFigure(figures, 'G-phase', phaseFigure(runs)) : ''
  const experiments = await phenomenaSections(figures, runs, (title, svg, caption) =>
    section(title, figureHtml(svg, caption)),
  )
  const body = [
    `<h1>${escapeHtml(input.title)}</h1>`,
    `<p class="lead">${escapeHtml(input.description)}</p>`,
    `<p class="lead">${grammarSentence(runs)}</p>`,
    section(
      'A. Depth acquired, and copies',
      figureHtml(
        validity,
        'Each panel is one training-set size. A level counts as acquired when its conditional validity stands half-way between chance and 1, measured on samples that are no copies.',
      ),
    ),
    section(
      'B. Losses and their two floors',
      figureHtml(
        losses,
        'Same masks at every checkpoint for training and held-out strings. The curves are cut where a memorising run’s test loss leaves the frame.',
      ),
    ),
    several
      ? section(
          'C. Clocks against the number of training strings',
          figureHtml(
            scaling,
            'Exponents with their 95 % bootstrap intervals where there are at least three points. The drawn lines pool all P; the table below fits each depth regime by itself.',
          ) + lawTables(runs),
        )
      : '',
    oracles
      ? section(
          'D. Against exact oracles',
          figureHtml(
            staircase,
            'BP ℓ is the exact posterior of a grammar whose levels above ℓ are unknown; its loss is a floor for any network of that depth. The memoriser is the posterior over the training strings.',
          ),
        ) +
        section(
          'E. Where the gap opens',
          figureHtml(
            gap,
            'The first run of each P. A red column is a checkpoint that knows its training strings.',
          ),
        )
      : '',
    section(
      'F. Distance to the training strings',
      figureHtml(nearest, 'The first run of each P; as many held-out strings as samples.'),
    ),
    several
      ? section(
          'G. Phase diagram',
          figureHtml(
            phase,
            'A level counts for a P where at least half of its runs reach it; lines stop where fewer do.',
          ),
        )
      : '',
    experiments,
    section('Where each rule would have stopped', stoppingTable(runs)),
    section('Runs', runTable(runs) + missingList(input)),
    section('Depth appearing, string by string', trees(input)),
  ]
  const path = join(directory, 'report.html')
  writeFileAtomic(path, page(input.title, body.join('\n'), refresh))
  return path
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>${content}</section>`
}

function figureHtml(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption>${caption}</figcaption></figure>`
}

function grammarSentence(runs: readonly RunSummary[]): string {
  const shapes = [
    ...new Set(runs.map(({ tables: { v, m, s, L, n } }) => `v=${v}, m=${m}, s=${s}, L=${L}, n=${n}`)),
  ]
  const { tables, parameters, batch, records } = runs[0]!
  const last = records.at(-1)!
  return (
    `Random Hierarchy Model (${shapes.join('; ')}): ${countStrings(tables.grammar)} strings of ${tables.d} tokens, ` +
    `H = ${records[0]!.floors.entropy.toFixed(2)} nats. Networks of ${parameters.toLocaleString('en')} parameters, ` +
    `${batch} strings per step; ${last.samples} samples per checkpoint.`
  )
}

function runTable(runs: readonly RunSummary[]): string {
  const names = headlineClocks(runs[0]!).map((clock) => subscript(clock.name))
  return (
    '<p class="lead">Clocks in optimiser steps (epochs in brackets); “&gt;” marks a clock that had not struck when the run ended.</p>' +
    table(
      ['run', 'P', ...names],
      runs.map((run) => [
        escapeHtml(run.key),
        String(run.P),
        ...headlineClocks(run).map(({ clock }) => clockHtml(clock, run)),
      ]),
    ) +
    '<p class="lead">At the last checkpoint. Edits: mean tokens to change until a sample is in the language. Ω: 1 where half-filled samples are masked training strings, 0 where they are like held-out ones.</p>' +
    table(
      [
        'run',
        'copies',
        'by chance',
        'ρ',
        'novel, valid',
        'edits',
        'nearest oracle',
        'Ω',
        'min. test NELBO',
        'train NELBO',
        'bound M',
      ],
      runs.map((run) => {
        const last = run.records.at(-1)!
        return [
          escapeHtml(run.key),
          share(last.copies?.rate),
          share(last.copies?.expected),
          share(last.copies?.memorised),
          share(last.novelValid),
          last.edits.at(-1)!.toFixed(2),
          last.oracles ? nearestOracle(last.oracles) : '–',
          middle(last.support?.overlap),
          Math.min(...run.records.map((record) => record.test.mean)).toFixed(2),
          last.train.mean.toFixed(2),
          last.bound.toFixed(3),
        ]
      }),
    )
  )
}

/** Which exact denoiser a checkpoint answers most like. */
function nearestOracle({ bayes, memoriser, acquired }: OracleDistances): string {
  return memoriser !== null && memoriser < bayes[acquired]! ? 'memoriser' : `BP ${acquired}`
}

/** Ω with half of the tokens visible. */
function middle(overlap: readonly (number | null)[] | undefined): string {
  return overlap?.[Math.ceil(overlap.length / 2) - 1]?.toFixed(2) ?? '–'
}

function clockHtml(clock: Clock, run: RunSummary): string {
  if (clock.kind === 'censored') return `<span class="censored">&gt; ${clock.after}</span>`
  return `${Math.round(clock.step)} (${shortNumber(inUnits(clock.step, run).epochs)})`
}

function shortNumber(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}

function share(value: number | undefined): string {
  return value === undefined ? '–' : `${(100 * value).toFixed(1)} %`
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
