import { setTimeout as sleep } from 'node:timers/promises'
import type { PageOptions } from '../report/page/page.js'
import { collect, writeReport } from '../study/report.js'

/** Seconds after which a page that is not the last loads itself again. */
const REFRESH_SECONDS = 5
const LOOK_MS = 2000
/** Drawing takes processor time from the runs that it draws: it rests this many times as long as it took. */
const REST = 10

export interface FollowOptions {
  readonly smooth?: PageOptions['smooth']
  /** Aborting ends it with the page of what has been measured by then. */
  readonly signal: AbortSignal
  /** Called after every page but the last. */
  readonly onPage: (path: string, missing: number) => void
}

/**
 * Writes the report of a study or run directory anew while its runs go on, until all are done or the signal is given. The page loads
 * itself again; the last one does not.
 *
 * @returns the path of the last page; undefined where nothing had been measured by then
 * @throws InputError where the directory is neither
 */
export async function followReport(
  directory: string,
  { smooth, signal, onPage }: FollowOptions,
): Promise<string | undefined> {
  for (let seen = ''; ; ) {
    const started = performance.now()
    const last = signal.aborted
    const collected = collect(directory)
    const { findings, missing } = collected
    const state = findings.found.map(({ key, amount }) => `${key} ${amount}`).join()
    if (last || missing.length === 0)
      return state === '' ? undefined : writeReport(directory, collected, { smooth })
    if (state !== seen) {
      onPage(await writeReport(directory, collected, { smooth, refresh: REFRESH_SECONDS }), missing.length)
      seen = state
    }
    const rest = Math.max(LOOK_MS, REST * (performance.now() - started))
    await sleep(rest, undefined, { signal }).catch(() => {})
  }
}
