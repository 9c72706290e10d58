/**
 * Writes docs/results/NAME.csv and NAME.json from finished study directories: `npm run results -- STUDYDIR…`. The first is the study's
 * results.csv, the second what else documents say of it.
 */

import { join, resolve } from 'node:path'
import { writeFileAtomic, writeJson } from '../common/files.js'
import { csv } from '../report/rows.js'
import { readParts } from '../run/directory.js'
import { requireRecords } from '../run/records.js'
import { summaryOf } from '../run/summary.js'
import { cellDirectory } from '../study/cell.js'
import { readStudy } from '../study/definition.js'
import { collect } from '../study/report.js'
import { digestOf } from './numbers/digest.js'

const folder = resolve(import.meta.dirname, '../docs/results')

for (const directory of process.argv.slice(2)) {
  const { findings, missing } = collect(directory)
  if (missing.length > 0)
    throw new Error(`${directory} is not finished: ${missing.map(({ key }) => key).join(', ')}`)
  const study = readStudy(join(directory, 'study.yaml'))
  const runs = study.cells.map((cell) => {
    const run = readParts(cellDirectory(directory, cell))
    return summaryOf(run, requireRecords(run, cell.key), cell)
  })
  writeFileAtomic(join(folder, `${study.name}.csv`), csv(findings.table('results')))
  writeJson(join(folder, `${study.name}.json`), digestOf(runs))
}
