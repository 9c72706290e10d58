/**
 * Writes docs/results/NAME.csv and NAME.json from finished studies of presets: `npm run results -- STUDYDIR…`. The first is the study's
 * results.csv, the second what else documents say of it.
 */

import { join, resolve } from 'node:path'
import { jsonText, writeFileAtomic, writeJson } from '../common/files.js'
import { csv } from '../report/rows.js'
import { readParts } from '../run/directory.js'
import { requireRecords } from '../run/records.js'
import { summaryOf } from '../run/summary.js'
import { cellDirectory } from '../study/cell.js'
import { readStudy } from '../study/definition.js'
import { collect } from '../study/report.js'
import { digestOf } from './numbers/digest.js'

const root = resolve(import.meta.dirname, '..')

for (const directory of process.argv.slice(2)) {
  const study = readStudy(join(directory, 'study.yaml'))
  const { findings, missing } = collect(directory)
  const preset = readStudy(join(root, 'presets', `${study.name}.yaml`))
  const same = jsonText([study.cells, study.options]) === jsonText([preset.cells, preset.options])
  if (!same || missing.length > 0) {
    const problem = same
      ? `${missing.length} runs are not done, or not measured by this version`
      : 'other runs'
    console.error(`${directory}: ${problem}: study run ${study.name} --out ${directory}`)
    process.exitCode = 1
    continue
  }
  const runs = study.cells.map((cell) => {
    const run = readParts(cellDirectory(directory, cell))
    return summaryOf(run, requireRecords(run, cell.key), cell)
  })
  const base = join(root, 'docs/results', study.name)
  writeFileAtomic(`${base}.csv`, csv(findings.table('results')))
  writeJson(`${base}.json`, digestOf(runs))
}
