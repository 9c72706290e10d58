import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckpointRecord } from '../analysis/checkpoint.js'
import type { ReportInput } from '../analysis/report/report.js'
import { headlineClocks, inUnits, type RunSummary, summarise } from '../analysis/run-summary.js'
import { jsonText, sha256, writeFileAtomic } from '../common/files.js'
import { openRun, type Run } from '../train/run-directory.js'
import { readAnalysis } from './analyse-run.js'
import { cellDirectory } from './cell.js'
import type { Study } from './definition.js'

/** A run and its measured checkpoints as figures and tables see them. */
export function summariseRun(run: Run, key: string, records: readonly CheckpointRecord[]): RunSummary {
  const { batch, corpus } = run.config
  const grammar = sha256(jsonText(run.tables.grammar))
  const parameters = run.layout.total
  return summarise({ key, grammar, P: corpus.train, batch, parameters, tables: run.tables, records })
}

/** A run directory as a summary with its training strings; undefined where nothing has been measured yet. */
function summaryOf(directory: string, key: string) {
  const records = readAnalysis(directory)
  if (records.length === 0) return undefined
  const run = openRun(directory)
  const summary = summariseRun(run, key, records)
  return { summary, train: run.corpus.train }
}

/** Everything a study directory has to say so far. */
export function collectStudy(study: Study, directory: string): ReportInput {
  const found = study.cells.map((cell) => {
    const path = cellDirectory(directory, cell)
    return { key: cell.key, summary: existsSync(path) ? summaryOf(path, cell.key) : undefined }
  })
  return {
    title: study.title,
    description: study.description,
    runs: found.flatMap(({ summary }) => (summary ? [summary.summary] : [])),
    train: new Map(found.flatMap(({ key, summary }) => (summary ? [[key, summary.train] as const] : []))),
    missing: found.flatMap(({ key, summary }) =>
      summary ? [] : [{ key, reason: 'no checkpoint measured' }],
    ),
  }
}

/** One run directory as a report of its own. */
export function collectRun(directory: string): ReportInput {
  const found = summaryOf(directory, 'run')
  return {
    title: `Run ${directory}`,
    description: '',
    runs: found ? [found.summary] : [],
    train: new Map(found ? [['run', found.train]] : []),
    missing: found ? [] : [{ key: directory, reason: 'no checkpoint measured' }],
  }
}

/** results.csv: one line per run and clock, in steps, samples and epochs; an empty `steps` is a censored clock. */
export function writeResults(directory: string, runs: readonly RunSummary[]): void {
  const lines = ['run,P,clock,reached,steps,samples,epochs,watched_steps']
  for (const run of runs) {
    for (const { name, clock } of headlineClocks(run)) {
      const units = clock.kind === 'reached' ? inUnits(clock.step, run) : undefined
      const watched = run.records.at(-1)!.step
      const numbers = units
        ? [units.steps.toFixed(2), units.samples.toFixed(0), units.epochs.toFixed(4)]
        : ['', '', '']
      lines.push([run.key, run.P, name, clock.kind === 'reached', ...numbers, watched].join(','))
    }
  }
  writeFileAtomic(join(directory, 'results.csv'), `${lines.join('\n')}\n`)
}
