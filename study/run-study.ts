import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../common/error.js'
import { readText, writeFileAtomic } from '../common/files.js'
import { cellStand } from './cell.js'
import type { Study, StudyCell } from './definition.js'
import { runPool } from './engines/local.js'
import type { CellProgress } from './experiment.js'

export interface RunStudyOptions {
  readonly directory: string
  /** The command line that cells are run with, default this package's. */
  readonly program?: string
  /** Cells at a time, default one per core. */
  readonly workers?: number
  /** Extra flags that every cell's process gets. */
  readonly flags?: readonly string[]
  /** Called with the cells that are not done, before the first of them is begun. */
  readonly onStart?: (open: readonly StudyCell[]) => void
  readonly onProgress?: (cell: StudyCell, progress: CellProgress) => void
  readonly signal?: AbortSignal
}

/** This project's command line. */
export const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url))

/**
 * Brings a study directory to completion on this machine: whatever is on disk already is not done again.
 *
 * @returns failures by cell key
 * @throws InputError where the directory holds another study
 */
export async function runStudy(study: Study, options: RunStudyOptions): Promise<Map<string, string>> {
  const { directory, flags = [], signal } = options
  const open = prepareStudy(study, directory)
  options.onStart?.(open)
  return runPool(open, {
    program: options.program ?? PROGRAM,
    workers: options.workers ?? availableParallelism(),
    work: ({ config }) => study.experiment.work(config),
    processArguments: ['study', 'cell', directory, '--await', ...flags],
    onProgress: options.onProgress ?? (() => {}),
    signal,
  })
}

/**
 * Writes the study file into its directory, and says which cells are not done.
 * @throws InputError where the directory holds another study
 */
export function prepareStudy(study: Study, directory: string): StudyCell[] {
  const path = join(directory, 'study.yaml')
  if (existsSync(path) && readText(path, 'study') !== study.source) {
    throw new InputError('out', directory, 'a new directory, or one that holds this same study file')
  }
  writeFileAtomic(path, study.source)
  return study.cells.filter((cell) => !cellStand(study, cell, directory).done)
}
