import { defineCommand, required, text } from '../command.js'
import { withDevice } from '../device-flag.js'

/** What each subcommand does is loaded when it is called: a worker starts without what drawing a report needs. */

const runCommand = defineCommand({
  command: 'run <file>',
  describe: 'train and measure every cell, then write the report; continues a study that was stopped',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('file', required('study YAML, or the name of a preset'))
      .option('out', text('study directory, default studies/NAME'))
      .option('workers', text('runs at a time, default one per core'))
      .option('engine', {
        choices: ['local', 'slurm'] as const,
        default: 'local' as const,
        describe: 'child processes here, or a job array on a cluster',
      })
      .option('partition', text('Slurm partition'))
      .option('sbatch', {
        type: 'string',
        array: true,
        describe: 'any other option of sbatch, such as --sbatch=--time=60',
      })
      .example('$0 study run quick', 'a preset by name')
      .example('$0 study run mine.yaml --workers 4', '')
      .example('$0 study run mine.yaml --engine slurm --partition cpu', 'one array task per cell'),
  handler: async (argv) => (await import('./study/run.js')).run(argv),
})

const planCommand = defineCommand({
  command: 'plan <file>',
  describe: 'list the cells of a study and what they will take, measured by a short probe',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('file', required('study YAML, or the name of a preset'))
      .option('workers', text('runs at a time, default one per core'))
      .option('probe', { type: 'boolean', default: true, describe: '--no-probe measures nothing' })
      .example('$0 study plan p-law', 'cells, FLOP, and the time they will take here')
      .example('$0 study plan mine.yaml --workers 64 --no-probe', ''),
  handler: async (argv) => (await import('./study/inspect.js')).plan(argv),
})

const statusCommand = defineCommand({
  command: 'status <directory>',
  describe: 'which cells are done, running, failed, stopped or waiting',
  builder: (yargs) =>
    yargs.positional('directory', required('study directory')).example('$0 study status studies/quick', ''),
  handler: async ({ directory, json }) => (await import('./study/inspect.js')).status(directory, json),
})

const queryCommand = defineCommand({
  command: 'query <sql> [directories..]',
  describe: 'ask many runs at once, in SQL (needs the optional package @duckdb/node-api)',
  builder: (yargs) =>
    yargs
      .positional('sql', required('over the tables results, checkpoints, levels and metrics'))
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
  handler: async ({ sql, directories = [], json }) =>
    (await import('./study/inspect.js')).query(sql, directories, json),
})

const cellCommand = defineCommand({
  command: 'cell <directory>',
  describe: 'run one cell of a study directory: what workers and array tasks call',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('directory', required('study directory'))
      .option('key', text('name of the cell'))
      .option('await', {
        type: 'boolean',
        hidden: true,
        describe: 'run the cell that the parent process names',
      })
      .option('index', text('number of the cell, from 0: for job arrays'))
      .example('$0 study cell studies/quick --index 0', 'continues where the cell stands'),
  handler: async (argv) => (await import('./study/cell.js')).cell(argv),
})

export const studyCommand = defineCommand({
  command: 'study',
  describe: 'many runs from one file: laws instead of anecdotes',
  builder: (yargs) =>
    yargs
      .command(runCommand)
      .command(planCommand)
      .command(statusCommand)
      .command(queryCommand)
      .command(cellCommand)
      .demandCommand(1, 'name what to do: run, plan, status, query or cell'),
  handler: () => {},
})
