import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

/** Where the package lies. */
export const root = resolve(import.meta.dirname, '../..')

export const program = resolve(root, 'dist/cli/main.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built command line, as a user would. */
export function cli(args: readonly string[], cwd: string, input?: string): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd,
    encoding: 'utf8',
    input: input ?? '',
  })
  return { code: status, stdout, stderr }
}
