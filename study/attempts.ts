import { hostname } from 'node:os'
import { join } from 'node:path'
import { readJsonIfAny, writeJson } from '../common/files.js'

/** One process that worked on a cell. */
export interface Attempt {
  readonly host: string
  readonly pid: number
  readonly started: string
  readonly ended?: string
  readonly outcome?: 'finished' | 'interrupted' | 'failed'
  readonly message?: string
}

/** Every process that worked on a cell, oldest first. */
export function readAttempts(cellDirectory: string): readonly Attempt[] {
  return (readJsonIfAny(join(cellDirectory, 'attempts.json'), 'attempts') ?? []) as Attempt[]
}

/** Records that this process begins to work on a cell; the returned function records how that ended. */
export function beginAttempt(cellDirectory: string): (end: Pick<Attempt, 'outcome' | 'message'>) => void {
  const path = join(cellDirectory, 'attempts.json')
  const earlier = readAttempts(cellDirectory)
  const attempt: Attempt = { host: hostname(), pid: process.pid, started: new Date().toISOString() }
  writeJson(path, [...earlier, attempt])
  return (end) => writeJson(path, [...earlier, { ...attempt, ended: new Date().toISOString(), ...end }])
}

/** Whether the process of an attempt may still be alive; only its own machine could tell that it is not. */
export function mayLive({ host, pid, ended }: Attempt): boolean {
  if (ended !== undefined) return false
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
