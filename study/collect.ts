import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckpointRecord } from '../analysis/measures/checkpoint.js'
import { type RunSummary, summarise } from '../analysis/run-summary.js'
import { InputError } from '../common/error.js'
import { jsonText, sha256 } from '../common/files.js'
import type { ReportInput } from '../report/page/report.js'
import type { TableRun } from '../report/tables.js'
import { readAnalysis } from '../run/analyse.js'
import { openRun, type Run } from '../run/directory.js'
import { readPhenomena } from '../run/phenomena.js'
import { cellDirectory } from './cell.js'
import { readStudy, type Study } from './definition.js'
import { studyStatus } from './status.js'

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

/** Everything a study or run directory has to say so far, read once: for the report, and for tables. */
export interface Collected {
  readonly report: ReportInput
  readonly runs: readonly TableRun[]
}

/** Reads a study or run directory. Throws InputError where it is neither. */
export function collect(directory: string): Collected {
  const studyFile = join(directory, 'study.yaml')
  if (!existsSync(studyFile) && !existsSync(join(directory, 'config.json')))
    throw new InputError(
      'directory',
      directory,
      'a study directory (study.yaml) or a run directory (config.json)',
    )
  const study = existsSync(studyFile) ? readStudy(studyFile) : undefined
  const places = study
    ? study.cells.map((cell) => ({ path: cellDirectory(directory, cell), key: cell.key, label: cell.label }))
    : [{ path: directory, key: 'run', label: '' }]
  const found = places.flatMap(({ path, key, label }) => {
    const records = existsSync(path) ? readAnalysis(path) : []
    if (records.length === 0) return []
    const run = openRun(path)
    return [{ run, summary: summariseRun(run, key, records, label), directory: path }]
  })
  return {
    report: {
      title: study?.title ?? `Run ${directory}`,
      description: study?.description ?? '',
      runs: found.map(({ summary }) => summary),
      train: new Map(found.map(({ run, summary }) => [summary.key, run.corpus.train])),
      missing: study
        ? unfinished(study, directory)
        : found.length > 0
          ? []
          : [{ key: directory, reason: 'no checkpoint measured' }],
    },
    runs: found.map(({ run, ...rest }) => ({ ...rest, study: study?.name ?? '', config: run.config })),
  }
}

function unfinished(study: Study, directory: string): ReportInput['missing'] {
  return studyStatus(study, directory).flatMap(({ key, state, message }) =>
    state === 'done' ? [] : [{ key, reason: message ? `failed: ${message}` : state }],
  )
}
