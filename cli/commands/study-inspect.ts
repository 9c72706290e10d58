import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import type { Argv, CommandModule } from 'yargs'
import { readStudy, type Study } from '../../study/definition.js'
import { planStudy } from '../../study/plan.js'
import { queryStudies } from '../../study/query.js'
import { studyStatus } from '../../study/status.js'
import type { Device } from '../../train/runtime/session.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag } from '../grammar-input.js'
import { clockTime, printJson, printLine } from '../output.js'
import { packageRoot } from '../package-root.js'

/** What says something about a study without running it. */

export function withStudyFile<T>(yargs: Argv<T>) {
  return yargs.positional('file', {
    type: 'string',
    demandOption: true,
    describe: 'study YAML, or the name of a preset',
  })
}

/** A path, or the name of a preset that ships with the package. */
export function openStudy(file: string): Study {
  const preset = join(packageRoot, 'presets', `${file}.yaml`)
  return readStudy(!existsSync(file) && existsSync(preset) ? preset : file)
}

export const planCommand: CommandModule = {
  command: 'plan <file>',
  describe: 'list the cells of a study and what they will take, measured by a short probe',
  builder: (yargs) =>
    withDevice(withStudyFile(yargs))
      .option('workers', { type: 'string', describe: 'runs at a time, default one per core' })
      .option('probe', { type: 'boolean', default: true, describe: '--no-probe measures nothing' })
      .example('$0 study plan p-law', 'cells, FLOP, and the time they will take here')
      .example('$0 study plan mine.yaml --workers 64 --no-probe', ''),
  handler: async (argv) => {
    const flags = argv as unknown as {
      file: string
      workers?: string
      probe: boolean
      device?: Device
      json: boolean
    }
    const study = openStudy(flags.file)
    const workers = integerFlag('workers', flags.workers, 1, availableParallelism())
    const device = flags.probe ? chooseDevice(flags.device, flags.json) : undefined
    const plan = await planStudy(study, workers, device)
    if (flags.json) {
      printJson({ study: study.name, workers, device: device ?? null, ...plan })
      return
    }
    printLine(`${study.title}: ${plan.cells.length} cells`)
    const table = new Table({
      head: ['cell', 'P', 'steps', 'checkpoints', 'parameters', 'FLOP', 'time'],
      style: { head: [], border: [] },
    })
    for (const { key, P, steps, checkpoints, parameters, flops, seconds } of plan.cells) {
      const time = seconds === null ? '–' : clockTime(seconds)
      table.push([key, P, steps, checkpoints, parameters, flops.toExponential(1), time])
    }
    printLine(table.toString())
    const time =
      plan.wallSeconds === null ? '' : `, about ${clockTime(plan.wallSeconds)} with ${workers} at a time`
    printLine(`${plan.flops.toExponential(1)} FLOP${time}`)
  },
}

export const statusCommand: CommandModule = {
  command: 'status <directory>',
  describe: 'which cells are done, running, failed, stopped or waiting',
  builder: (yargs) =>
    yargs
      .positional('directory', { type: 'string', demandOption: true, describe: 'study directory' })
      .example('$0 study status studies/quick', ''),
  handler: (argv) => {
    const { directory, json } = argv as unknown as { directory: string; json: boolean }
    const cells = studyStatus(readStudy(join(directory, 'study.yaml')), directory)
    if (json) {
      printJson({ cells })
      return
    }
    for (const { key, state, step, steps, attempts, message } of cells) {
      const tries = attempts > 1 ? `  ${attempts} attempts` : ''
      printLine(`${state.padEnd(8)} ${key}  step ${step}/${steps}${tries}${message ? `  ${message}` : ''}`)
    }
    const count = (state: string) => cells.filter((cell) => cell.state === state).length
    const states = ['done', 'running', 'failed', 'stopped', 'waiting'].filter((state) => count(state) > 0)
    printLine(states.map((state) => `${count(state)} ${state}`).join(', '))
  },
}

export const queryCommand: CommandModule = {
  command: 'query <sql> [directories..]',
  describe: 'ask many runs at once, in SQL (needs the optional package @duckdb/node-api)',
  builder: (yargs) =>
    yargs
      .positional('sql', {
        type: 'string',
        demandOption: true,
        describe: 'over the tables results, checkpoints, levels and metrics',
      })
      .positional('directories', {
        type: 'string',
        array: true,
        describe: 'study directories, default every one in studies/',
      })
      .example('$0 study query "select clock, P, avg(steps) from results group by all order by all"', '')
      .example(
        '$0 study query "select run, max(copies) from checkpoints group by run" studies/quick',
        'one line per run',
      ),
  handler: async (argv) => {
    const { sql, directories, json } = argv as unknown as {
      sql: string
      directories?: string[]
      json: boolean
    }
    const { columns, rows } = await queryStudies(sql, directories ?? [])
    if (json) {
      for (const row of rows) printJson(Object.fromEntries(columns.map((name, i) => [name, row[i]])))
      return
    }
    const table = new Table({ head: [...columns], style: { head: [], border: [] } })
    for (const row of rows) table.push(row.map((value) => String(value ?? '')))
    printLine(table.toString())
  },
}
