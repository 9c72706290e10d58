import type { Clock } from '../../analysis/clocks.js'
import type { OracleDistances } from '../../analysis/measures/oracles.js'
import { headlineClocks, inUnits, type RunSummary } from '../../analysis/run-summary.js'
import { escapeHtml, subscript, table } from '../html.js'

/** Clocks of every run, and where each stands at its last checkpoint. Runs of one grammar shape. */
export function runTable(runs: readonly RunSummary[]): string {
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
