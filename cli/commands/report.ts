import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandModule } from 'yargs'
import { writeReport } from '../../analysis/report/report.js'
import { InputError } from '../../common/error.js'
import { collectRun, collectStudy, writeResults } from '../../study/collect.js'
import { readStudy } from '../../study/definition.js'
import { printJson, say } from '../output.js'

export const reportCommand: CommandModule = {
  command: 'report <directory>',
  describe: 'draw the figures and the page of a study or a run',
  builder: (yargs) =>
    yargs
      .positional('directory', {
        type: 'string',
        demandOption: true,
        describe: 'study or run directory, finished or not',
      })
      .example('$0 report studies/quick', 'figures/*.{vl.json,svg,png} and report.html'),
  handler: async (argv) => {
    const path = await reportDirectory(argv.directory as string)
    if (argv.json) printJson({ report: path })
    else say(`report: ${path}`)
  },
}

/** Writes the report of whatever a directory holds. */
export async function reportDirectory(directory: string): Promise<string> {
  const studyFile = join(directory, 'study.yaml')
  const isStudy = existsSync(studyFile)
  if (!isStudy && !existsSync(join(directory, 'config.json'))) {
    throw new InputError(
      'directory',
      directory,
      'a study directory (study.yaml) or a run directory (config.json)',
    )
  }
  const input = isStudy ? collectStudy(readStudy(studyFile), directory) : collectRun(directory)
  if (input.runs.length === 0)
    throw new InputError('directory', directory, 'at least one measured run: analyse it first')
  writeResults(directory, input.runs)
  return writeReport(directory, input)
}
