import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '../common/files.js'
import { mayLive, readAttempts } from './attempts.js'
import { cellDirectory, isCellDone } from './cell.js'
import type { Study } from './definition.js'

export interface CellStatus {
  readonly key: string
  /** `stopped`: begun, and no process that is known to live works on it; running it again continues it. */
  readonly state: 'done' | 'running' | 'failed' | 'stopped' | 'waiting'
  readonly steps: number
  /** The last step of which a checkpoint is on disk. */
  readonly step: number
  readonly attempts: number
  /** Why it failed. */
  readonly message?: string
}

/** What state each cell of a study directory is in, judged by what is on disk. */
export function studyStatus(study: Study, directory: string): CellStatus[] {
  return study.cells.map((cell) => {
    const path = cellDirectory(directory, cell)
    const attempts = readAttempts(path)
    const last = attempts.at(-1)
    const base = { key: cell.key, steps: cell.config.steps, step: lastStep(path), attempts: attempts.length }
    if (isCellDone(study, cell, directory)) return { ...base, state: 'done' }
    if (!last) return { ...base, state: existsSync(path) ? 'stopped' : 'waiting' }
    if (last.outcome === 'failed') return { ...base, state: 'failed', message: last.message ?? '' }
    return { ...base, state: mayLive(last) ? 'running' : 'stopped' }
  })
}

function lastStep(cellPath: string): number {
  const path = join(cellPath, 'status.json')
  return existsSync(path) ? (readJson(path, 'status') as { step: number }).step : 0
}
