import type { PhaseFit } from '../../analysis/phase.js'
import type { PageOptions } from '../../report/page/page.js'
import { collect, writeReport } from '../../study/report.js'
import { defineCommand, required, toggle } from '../command.js'
import { followReport } from '../follow-report.js'
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

/** Follows what goes on. Throws InputError where it ends before anything was measured. */
async function follow(directory: string, smooth: PhaseFit): Promise<string> {
  const onPage = (path: string, missing: number) => say(`${missing} runs to go: ${path}`)
  const path = await followReport(directory, { smooth, signal: interruptible(), onPage })
  return path ?? reportDirectory(directory)
}

/** Writes the report of whatever a directory holds, its result tables, and event files for TensorBoard. */
export function reportDirectory(directory: string, options: PageOptions = {}): Promise<string> {
  return writeReport(directory, collect(directory), options)
}
