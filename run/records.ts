import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Equipment } from '../analysis/measures/measure.js'
import type { MeasureName } from '../analysis/measures/table.js'
import { applicable, type CheckpointRecord, readRecord } from '../analysis/record.js'
import { InputError } from '../common/error.js'
import { jsonText, readJsonIfAny, readText, writeJson, writeJsonLines } from '../common/files.js'
import type { RunParts } from './directory.js'
import { type AnalysisOptions, analysisSchema } from './options.js'

const recordsPath = (directory: string) => join(directory, 'analysis.jsonl')
const optionsPath = (directory: string) => join(directory, 'analysis.json')

/**
 * The records of a run that this version can read, in order of steps; parts of older measures and lines that are no records are left
 * out, as if they had not been measured.
 */
export function readRecords(directory: string): CheckpointRecord[] {
  const path = recordsPath(directory)
  const lines = existsSync(path) ? readText(path, 'analysis').split('\n') : []
  const records = lines.flatMap((line) => readRecord(parsed(line)) ?? [])
  const bySteps = new Map(records.map((record) => [record.step, record]))
  return [...bySteps.values()]
    .filter(({ versions }) => Object.keys(versions).length > 0)
    .sort((a, b) => a.step - b.step)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * The same of a run whose records are judged. Throws InputError where there are none, or where some lack what this version measures:
 * a clock would not strike in them for no reason of the run's.
 */
export function requireRecords(run: RunParts, field = 'run'): CheckpointRecord[] {
  const { directory } = run
  const records = readRecords(directory)
  const partial = partialRecords(run, records)
  if (records.length > 0 && partial === 0) return records
  const expected = !existsSync(recordsPath(directory))
    ? 'a run with measured checkpoints: analyse it first'
    : `records of this version${partial > 0 ? `, which ${partial} of ${records.length} are not` : ''}: measure them again with \`pcfg-diffusion analyse ${directory}\``
  throw new InputError(field, directory, expected)
}

/** How many records of a run lack what this version measures. */
export function partialRecords(run: RunParts, records: readonly CheckpointRecord[]): number {
  const equipment = { ...run, config: measuredOptions(run.directory), train: true, test: true }
  return records.filter((record) => lacking(record, equipment).length > 0).length
}

/** The options that a run's records were made with. */
export function measuredOptions(directory: string): AnalysisOptions {
  const options = analysisSchema.safeParse(readJsonIfAny(optionsPath(directory), 'analysis'))
  return options.success ? options.data : analysisSchema.parse({})
}

/** Whether the records of a run were made with these options. */
export function measuredWith(directory: string, options: AnalysisOptions): boolean {
  return jsonText(readJsonIfAny(optionsPath(directory), 'analysis')) === jsonText(options)
}

/** Which of a subject's measures a record lacks. */
export function lacking(record: CheckpointRecord | undefined, subject: Equipment): MeasureName[] {
  return applicable(subject).filter((name) => record?.versions[name] === undefined)
}

export function writeRecords(directory: string, records: readonly CheckpointRecord[]): void {
  writeJsonLines(recordsPath(directory), records)
}

/** Forgets what was measured with other options. Old records go before the new options come, so that no kill can mislabel one. */
export function beginRecords(directory: string, options: AnalysisOptions): void {
  writeRecords(directory, [])
  writeJson(optionsPath(directory), options)
}
