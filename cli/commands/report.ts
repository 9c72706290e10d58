import type { PhaseFit } from '../../analysis/phase.js'
import type { PageOptions } from '../../report/page/page.js'
import { collect, writeReport } from '../../study/report.js'
import { defineCommand, required, toggle } from '../command.js'
import { interruptible, printJson, say } from '../output.js'

export const reportCommand = defineCommand({
  command: 'report <directory>',
  describe: 'draw the figures and the page of a study or a run',
  builder: (yargs) =>
    yargs
      .positional('directory', required('study or run directory, finished or not'))
      .option('watch', toggle('write it again whenever something was measured, until all is'))
      .option('smooth', {
        choices: ['none', 'isotonic'] as const,
        default: 'none' as const,
        describe: 'phase diagram: isotonic lets neither depth nor copies fall with steps',
      })
      .example('$0 report studies/quick', 'figures/*.{vl.json,svg,png} and report.html')
      .example('$0 report studies/quick --watch', 'a page that follows a study that runs'),
  handler: async ({ directory, watch, smooth, json }) => {
    const path = watch ? await follow(directory, smooth) : await reportDirectory(directory, { smooth })
    if (json) printJson({ report: path })
    else say(`report: ${path}`)
  },
})

const WATCH_MS = 2000
const REFRESH_SECONDS = 5

/** Writes the report anew while its runs go on; the page reloads itself until the last of them is done. */
async function follow(directory: string, smooth: PhaseFit): Promise<string> {
  const signal = interruptible()
  for (let seen = ''; ; ) {
    const collected = collect(directory)
    const { findings, missing } = collected
    const finished = missing.length === 0 || signal.aborted
    const state = findings.found.map(({ key, amount }) => `${key} ${amount}`).join()
    if (finished || (state !== seen && state !== '')) {
      const refresh = finished ? undefined : REFRESH_SECONDS
      const path = await writeReport(directory, collected, { smooth, refresh })
      if (finished) return path
      say(`${missing.length} runs to go: ${path}`)
      seen = state
    }
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
  }
}

/** Writes the report of whatever a directory holds, its result tables, and event files for TensorBoard. */
export function reportDirectory(directory: string, options: PageOptions = {}): Promise<string> {
  return writeReport(directory, collect(directory), options)
}
