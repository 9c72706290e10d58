import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { writeFileAtomic } from '../common/files.js'
import type { PageOptions } from '../report/page/page.js'
import { csv, writeParquet } from '../report/rows.js'
import { readParts } from '../run/directory.js'
import { requireRecords } from '../run/records.js'
import { cellDirectory } from './cell.js'
import { readStudy } from './definition.js'
import type { Experiments, Findings, PlacedStudy } from './experiment.js'
import { EXPERIMENTS } from './experiments.js'
import { studyStatus } from './status.js'
import { training } from './training.js'

/** Everything a study or run directory has to say so far, read once: for the report, and for tables. */
export interface Collected {
  readonly findings: Findings
  readonly tables: readonly string[]
  readonly missing: PlacedStudy<unknown>['missing']
}

/** Reads a study or run directory. Throws InputError where it is neither. */
export function collect(directory: string, experiments: Experiments = EXPERIMENTS): Collected {
  const file = join(directory, 'study.yaml')
  if (existsSync(file)) {
    const study = readStudy(file, experiments)
    const { experiment } = study
    const cells = study.cells.map((cell) => ({ ...cell, directory: cellDirectory(directory, cell) }))
    const missing = studyStatus(study, directory).flatMap(({ key, state, message }) =>
      state === 'done' ? [] : [{ key, reason: message ? `failed: ${message}` : state }],
    )
    const findings = experiment.collect({ ...study, cells, missing })
    return { findings, tables: experiment.tables, missing }
  }
  if (!existsSync(join(directory, 'config.json')))
    throw new InputError(
      'directory',
      directory,
      'a study directory (study.yaml) or a run directory (config.json)',
    )
  const run = readParts(directory)
  requireRecords(run, 'directory')
  const cells = [{ key: 'run', label: '', config: run.config, directory }]
  const place = { name: '', title: `Run ${directory}`, description: '', cells, missing: [] }
  return { findings: training.collect(place), tables: training.tables, missing: [] }
}

/** Writes results.csv and results.parquet, one line per run and clock, and the page where there is one. Returns the main file. */
export async function writeReport(
  directory: string,
  { findings }: Collected,
  options: PageOptions = {},
): Promise<string> {
  if (findings.found.length === 0)
    throw new InputError(
      'directory',
      directory,
      'at least one run that this version has measured: analyse it, or run the study again',
    )
  const rows = findings.table('results')
  const results = join(directory, 'results.csv')
  writeFileAtomic(results, csv(rows))
  await writeParquet(join(directory, 'results.parquet'), rows)
  return findings.page ? findings.page(directory, options) : results
}
