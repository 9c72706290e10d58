import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckpointRecord } from '../analysis/checkpoint.js'
import type { ReportInput } from '../analysis/report/report.js'
import { type RunSummary, summarise } from '../analysis/run-summary.js'
import { InputError } from '../common/error.js'
import { jsonText, sha256 } from '../common/files.js'
import { openRun, type Run } from '../train/run-directory.js'
import { readAnalysis } from './analyse-run.js'
import { cellDirectory } from './cell.js'
import { readStudy, type Study } from './definition.js'
import { readPhenomena } from './phenomena.js'
import { studyStatus } from './status.js'
import type { TableRun } from './tables.js'

/** A run and its measured checkpoints as figures and tables see them. */
export function summariseRun(
  run: Run,
  key: string,
  records: readonly CheckpointRecord[],
  label = '',
): RunSummary {
  const { batch, corpus } = run.config
  const grammar = sha256(jsonText(run.tables.grammar))
  const parameters = run.layout.total
  const phenomena = readPhenomena(run.directory)
  return summarise({
    key,
    label,
    grammar,
    P: corpus.train,
    batch,
    parameters,
    tables: run.tables,
    records,
    phenomena,
  })
}

/** A run directory as a summary with its training strings; undefined where nothing has been measured yet. */
function summaryOf(directory: string, key: string, label = '') {
  const records = readAnalysis(directory)
  if (records.length === 0) return undefined
  const run = openRun(directory)
  const summary = summariseRun(run, key, records, label)
  return { summary, train: run.corpus.train }
}

/** Everything a study directory has to say so far. */
export function collectStudy(study: Study, directory: string): ReportInput {
  const found = study.cells.map((cell) => {
    const path = cellDirectory(directory, cell)
    return { key: cell.key, summary: existsSync(path) ? summaryOf(path, cell.key, cell.label) : undefined }
  })
  return {
    title: study.title,
    description: study.description,
    runs: found.flatMap(({ summary }) => (summary ? [summary.summary] : [])),
    train: new Map(found.flatMap(({ key, summary }) => (summary ? [[key, summary.train] as const] : []))),
    missing: studyStatus(study, directory).flatMap(({ key, state, message }) =>
      state === 'done' ? [] : [{ key, reason: message ? `failed: ${message}` : state }],
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

/** The runs of a study or run directory as tables see them. Throws InputError where it is neither. */
export function tableRunsOf(directory: string): TableRun[] {
  const studyFile = join(directory, 'study.yaml')
  if (!existsSync(studyFile) && !existsSync(join(directory, 'config.json')))
    throw new InputError(
      'directory',
      directory,
      'a study directory (study.yaml) or a run directory (config.json)',
    )
  const study = existsSync(studyFile) ? readStudy(studyFile) : undefined
  const places = study
    ? study.cells.map((cell) => ({ path: cellDirectory(directory, cell), key: cell.key }))
    : [{ path: directory, key: 'run' }]
  return places.flatMap(({ path, key }) => {
    const records = existsSync(path) ? readAnalysis(path) : []
    if (records.length === 0) return []
    const run = openRun(path)
    return [
      {
        study: study?.name ?? '',
        summary: summariseRun(run, key, records),
        config: run.config,
        directory: path,
      },
    ]
  })
}
