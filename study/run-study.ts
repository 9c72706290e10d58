import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { readText, writeFileAtomic } from '../common/files.js'
import { type CellProgress, isCellDone } from './cell.js'
import type { Cell, Study } from './definition.js'
import { runPool } from './engines/local.js'

export interface RunStudyOptions {
  readonly directory: string
  readonly program: string
  readonly workers: number
  /** Extra flags that every cell's process gets. */
  readonly flags: readonly string[]
  readonly onProgress: (cell: Cell, progress: CellProgress) => void
  readonly signal?: AbortSignal
}

/**
 * Brings a study directory to completion on this machine: whatever is on disk already is not done again.
 *
 * @returns failures by cell key
 * @throws InputError where the directory holds another study
 */
export async function runStudy(study: Study, options: RunStudyOptions): Promise<Map<string, string>> {
  const { directory, program, workers, flags, onProgress, signal } = options
  return runPool(prepareStudy(study, directory), {
    program,
    workers,
    processArguments: ['study', 'cell', directory, '--await', ...flags],
    onProgress,
    ...(signal ? { signal } : {}),
  })
}

/**
 * Writes the study file into its directory, and says which cells are not done.
 * @throws InputError where the directory holds another study
 */
export function prepareStudy(study: Study, directory: string): Cell[] {
  const path = join(directory, 'study.yaml')
  if (existsSync(path) && readText(path, 'study') !== study.source) {
    throw new InputError('out', directory, 'a new directory, or one that holds this same study file')
  }
  writeFileAtomic(path, study.source)
  return study.cells.filter((cell) => !isCellDone(study, cell, directory))
}
