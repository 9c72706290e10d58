import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { readText, writeFileAtomic } from '../common/files.js'
import { type CellProgress, cellDirectory, isCellDone } from './cell.js'
import type { Cell, Study } from './definition.js'
import { runPool } from './pool.js'

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
 * Brings a study directory to completion: whatever is on disk already is not done again.
 *
 * @returns failures by cell key
 * @throws InputError where the directory holds another study
 */
export async function runStudy(study: Study, options: RunStudyOptions): Promise<Map<string, string>> {
  const path = join(options.directory, 'study.yaml')
  if (existsSync(path) && readText(path, 'study') !== study.source) {
    throw new InputError('out', options.directory, 'a new directory, or one that holds this same study file')
  }
  writeFileAtomic(path, study.source)
  const open = study.cells.filter((cell) => !isCellDone(study, cell, options.directory))
  return runPool(open, {
    program: options.program,
    workers: options.workers,
    argumentsFor: (cell) => ['study', 'cell', options.directory, '--key', cell.key, ...options.flags],
    onProgress: options.onProgress,
    ...(options.signal ? { signal: options.signal } : {}),
  })
}

/** What state each cell of a study directory is in. */
export function studyStatus(study: Study, directory: string) {
  return study.cells.map((cell) => ({
    key: cell.key,
    state: isCellDone(study, cell, directory)
      ? 'done'
      : existsSync(cellDirectory(directory, cell))
        ? 'started'
        : 'waiting',
    steps: cell.config.steps,
  }))
}
