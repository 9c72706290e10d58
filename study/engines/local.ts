import { type ChildProcess, fork } from 'node:child_process'
import type { StudyCell } from '../definition.js'
import type { CellProgress } from '../experiment.js'

/** What a cell's process sends to the study's. */
export type CellMessage =
  | { readonly kind: 'progress'; readonly progress: CellProgress }
  | { readonly kind: 'failed'; readonly message: string }

/** The name of the cell that a waiting process shall run. */
export interface CellOrder {
  readonly key: string
}

export interface PoolOptions {
  /** Arguments after the program's own path for a process that waits for a {@link CellOrder} and runs that cell. */
  readonly processArguments: readonly string[]
  /** The program: this project's command line. */
  readonly program: string
  readonly workers: number
  /** Relative size of a cell. */
  readonly work: (cell: StudyCell) => number
  readonly onProgress: (cell: StudyCell, progress: CellProgress) => void
  readonly signal: AbortSignal | undefined
}

/** How often a cell is tried before it counts as failed. */
const TRIES = 2

/**
 * Runs cells as child processes, largest first, as many at a time as there are workers. A failed cell is tried once
 * more and then reported. Native memory goes with the process, and one crash takes one cell. One more process stands by,
 * loaded and waiting, so that no core idles while the next cell's process starts.
 *
 * @returns failures by cell key
 */
export async function runPool(
  cells: readonly StudyCell[],
  options: PoolOptions,
): Promise<Map<string, string>> {
  const sizes = new Map(cells.map((cell) => [cell, options.work(cell)]))
  const queue = [...cells].sort((a, b) => sizes.get(b)! - sizes.get(a)!)
  const failures = new Map<string, string>()
  const start = () =>
    fork(options.program, [...options.processArguments], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let standby: ChildProcess | undefined
  const take = () => {
    const ready = standby?.connected ? standby : start()
    standby = queue.length > 0 ? start() : undefined
    return ready
  }
  const worker = async () => {
    for (let cell = queue.shift(); cell && !options.signal?.aborted; cell = queue.shift()) {
      let failure: string | undefined
      for (let attempt = 0; attempt < TRIES; attempt++) {
        failure = await runOnce(take(), cell, options)
        if (failure === undefined || options.signal?.aborted) break
      }
      if (failure !== undefined && !options.signal?.aborted) failures.set(cell.key, failure)
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.workers, cells.length) }, worker))
  standby?.kill('SIGKILL')
  return failures
}

function runOnce(child: ChildProcess, cell: StudyCell, options: PoolOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    let message: string | undefined
    let stderr = ''
    const abort = () => child.kill('SIGINT')
    options.signal?.addEventListener('abort', abort, { once: true })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-2000)
    })
    child.on('message', (data) => {
      const sent = data as CellMessage
      if (sent.kind === 'progress') options.onProgress(cell, sent.progress)
      else message = sent.message
    })
    child.on('close', (code, signal) => {
      options.signal?.removeEventListener('abort', abort)
      const end = signal
        ? `killed by ${signal}`
        : `exit code ${code}: ${stderr.trim().split('\n').at(-1) ?? ''}`
      resolve(code === 0 ? undefined : (message ?? end))
    })
    // A process that died while it stood by closes without an order, and counts as a failed try.
    child.send({ key: cell.key } satisfies CellOrder, () => {})
  })
}
