import { label, strikeOf } from '../../analysis/clocks.js'
import type { OracleDistances } from '../../analysis/measures/oracles.js'
import type { CheckpointRecord } from '../../analysis/record.js'
import { headlineOf, inUnits, type RunSummary } from '../../analysis/run-summary.js'
import type { Strike } from '../../analysis/strike.js'
import { escapeHtml, percent, subscript, table } from '../html.js'

/** What the second table says of a run's last checkpoint; a column that no run has anything for is left out. */
const COLUMNS: readonly (readonly [
  head: string,
  cell: (last: CheckpointRecord, run: RunSummary) => string | undefined,
  legend?: string,
])[] = [
  ['copies', ({ copies }) => percent(copies?.rate)],
  ['by chance', ({ copies }) => percent(copies?.expected)],
  ['ρ', ({ copies }) => percent(copies?.memorised)],
  ['novel, valid', ({ novelty }) => percent(novelty?.rate)],
  [
    'edits',
    ({ edits }) => edits?.at(-1)?.toFixed(2),
    'Edits: mean tokens to change until a sample is in the language.',
  ],
  ['nearest oracle', ({ oracles }) => oracles && nearestOracle(oracles)],
  [
    'Ω',
    ({ support }) => support && middle(support.overlap),
    'Ω: 1 where half-filled samples are masked training strings, 0 where they are like held-out ones.',
  ],
  [
    'min. test NELBO',
    ({ losses }, { records }) =>
      losses && Math.min(...records.flatMap((record) => record.losses?.test.mean ?? [])).toFixed(2),
  ],
  ['train NELBO', ({ losses }) => losses?.train.mean.toFixed(2)],
  ['bound M', ({ losses }) => losses?.jensenBound.toFixed(3)],
]

/** Clocks of every run, and where each stands at its last checkpoint. */
export function runTable(runs: readonly RunSummary[]): string {
  const clocks = headlineOf(runs)
  const cells = COLUMNS.map(([head, cell, legend]) => ({
    head,
    legend,
    values: runs.map((run) => cell(run.records.at(-1)!, run)),
  })).filter(({ values }) => values.some((value) => value !== undefined))
  return (
    '<p class="lead">Clocks in optimiser steps (epochs in brackets); “&gt;” marks a clock that had not struck when the run ended.</p>' +
    table(
      ['run', 'P', ...clocks.map((clock) => subscript(label(clock)))],
      runs.map((run) => [
        escapeHtml(run.key),
        String(run.P),
        ...clocks.map((clock) => strikeHtml(strikeOf(run.clocks, clock), run)),
      ]),
    ) +
    `<p class="lead">${['At the last checkpoint.', ...cells.flatMap(({ legend }) => legend ?? [])].join(' ')}</p>` +
    table(
      ['run', ...cells.map(({ head }) => head)],
      runs.map((run, i) => [escapeHtml(run.key), ...cells.map(({ values }) => values[i] ?? '–')]),
    )
  )
}

/** Which exact denoiser a checkpoint answers most like. */
function nearestOracle({ bayes, memoriser, acquired }: OracleDistances): string {
  return memoriser !== null && memoriser < bayes[acquired]! ? 'memoriser' : `BP ${acquired}`
}

/** Ω with half of the tokens visible. */
function middle(overlap: readonly (number | null)[]): string {
  return overlap[Math.ceil(overlap.length / 2) - 1]?.toFixed(2) ?? '–'
}

function strikeHtml(at: Strike | undefined, run: RunSummary): string {
  if (!at) return '–'
  if (at.kind === 'censored') return `<span class="censored">&gt; ${at.after}</span>`
  return `${Math.round(at.step)} (${shortNumber(inUnits(at.step, run).epochs)})`
}

function shortNumber(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}
