import { existsSync } from 'node:fs'
import { mayLive, readAttempts } from './attempts.js'
import { cellDirectory, cellStand } from './cell.js'
import type { Study } from './definition.js'

export interface CellStatus {
  readonly key: string
  /** `stopped`: begun, and no process that is known to live works on it; running it again continues it. */
  readonly state: 'done' | 'running' | 'failed' | 'stopped' | 'waiting'
  readonly steps: number
  /** How far it has come. */
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
    const { done, step, steps } = cellStand(study, cell, directory)
    const base = { key: cell.key, steps, step, attempts: attempts.length }
    if (done) return { ...base, state: 'done' }
    if (!last) return { ...base, state: existsSync(path) ? 'stopped' : 'waiting' }
    if (last.outcome === 'failed') return { ...base, state: 'failed', message: last.message ?? '' }
    return { ...base, state: mayLive(last) ? 'running' : 'stopped' }
  })
}
