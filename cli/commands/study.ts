import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CommandModule } from 'yargs'
import { InputError } from '../../common/error.js'
import { runCell } from '../../study/cell.js'
import { readStudy } from '../../study/definition.js'
import type { CellMessage } from '../../study/engines/local.js'
import { submitToSlurm } from '../../study/engines/slurm.js'
import { prepareStudy, runStudy } from '../../study/run-study.js'
import type { Device } from '../../train/runtime/session.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag } from '../grammar-input.js'
import { clockTime, INTERRUPTED, interruptible, printJson, say } from '../output.js'
import { type Progress, progressBoard } from '../progress.js'
import { reportDirectory } from './report.js'
import { openStudy, planCommand, queryCommand, statusCommand, withStudyFile } from './study-inspect.js'

export const studyCommand: CommandModule = {
  command: 'study',
  describe: 'many runs from one file: laws instead of anecdotes',
  builder: (yargs) =>
    yargs
      .command({
        command: 'run <file>',
        describe: 'train and measure every cell, then write the report; continues a study that was stopped',
        builder: (y) =>
          withDevice(withStudyFile(y))
            .option('out', { type: 'string', describe: 'study directory, default studies/NAME' })
            .option('workers', { type: 'string', describe: 'runs at a time, default one per core' })
            .option('engine', {
              choices: ['local', 'slurm'] as const,
              default: 'local' as const,
              describe: 'child processes here, or a job array on a cluster',
            })
            .option('partition', { type: 'string', describe: 'Slurm partition' })
            .option('sbatch', {
              type: 'string',
              array: true,
              describe: 'any other option of sbatch, such as --sbatch=--time=60',
            })
            .example('$0 study run quick', 'a preset by name')
            .example('$0 study run mine.yaml --workers 4', '')
            .example('$0 study run mine.yaml --engine slurm --partition cpu', 'one array task per cell'),
        handler: (argv) => run(argv as unknown as RunArguments),
      })
      .command(planCommand)
      .command(statusCommand)
      .command(queryCommand)
      .command({
        command: 'cell <directory>',
        describe: 'run one cell of a study directory (what the workers call)',
        builder: (y) =>
          withDevice(y)
            .positional('directory', { type: 'string', demandOption: true })
            .option('key', { type: 'string', describe: 'name of the cell' })
            .option('index', { type: 'string', describe: 'number of the cell, from 0: for job arrays' }),
        handler: (argv) => cell(argv as unknown as CellArguments),
      })
      .demandCommand(1, 'name what to do: run, plan, status, query or cell'),
  handler: () => {},
}

interface RunArguments {
  file: string
  out?: string
  workers?: string
  engine: 'local' | 'slurm'
  partition?: string
  sbatch?: string[]
  device?: Device
  json: boolean
}

interface CellArguments {
  directory: string
  key?: string
  index?: string
  device?: Device
}

const program = fileURLToPath(new URL('../main.js', import.meta.url))

/** Hands the open cells to Slurm and returns: the jobs do the rest. */
function submit(argv: RunArguments): void {
  const study = openStudy(argv.file)
  const directory = argv.out ?? join('studies', study.name)
  const open = prepareStudy(study, directory)
  const jobs = submitToSlurm({
    directory,
    program,
    indices: open.map((cell) => study.cells.indexOf(cell)),
    flags: argv.device === undefined ? [] : ['--device', argv.device],
    sbatch: [
      ...(argv.partition === undefined ? [] : [`--partition=${argv.partition}`]),
      ...(argv.sbatch ?? []),
    ],
  })
  if (argv.json) printJson({ study: study.name, directory, cells: open.length, jobs })
  else {
    say(`study ${study.name}: ${open.length} cells as job ${jobs.cells ?? '–'}, report as job ${jobs.report}`)
    say(`watch with: pcfg-diffusion study status ${directory}`)
  }
}

async function run(argv: RunArguments): Promise<void> {
  if (argv.engine === 'slurm') return submit(argv)
  for (const flag of ['partition', 'sbatch'] as const)
    if (argv[flag] !== undefined) throw new InputError(`--${flag}`, argv[flag], '--engine slurm with it')
  const study = openStudy(argv.file)
  const directory = argv.out ?? join('studies', study.name)
  const workers = integerFlag('workers', argv.workers, 1, availableParallelism())
  const device = chooseDevice(argv.device, argv.json)
  const signal = interruptible()
  const board = progressBoard(argv.json)
  const lines = new Map<string, Progress>()
  const started = performance.now()
  if (!argv.json)
    say(
      `study ${study.name}: ${study.cells.length} runs, ${Math.min(workers, study.cells.length)} at a time, in ${directory}`,
    )

  const failures = await runStudy(study, {
    directory,
    program,
    workers,
    flags: ['--device', device],
    signal,
    onProgress: ({ key, config }, { phase, step, steps, loss }) => {
      const line = lines.get(key) ?? board.line(key, 1)
      lines.set(key, line)
      // Measuring takes a tenth of a cell or so; only training has a step count worth a bar.
      if (phase === 'train')
        line.update((0.9 * step) / steps, `step ${step}/${config.steps}  loss ${loss?.toFixed(3)}`)
      else line.update(0.9 + (0.1 * step) / steps, `checkpoint ${step}/${steps} measured`)
    },
  })
  board.stop()
  if (signal.aborted) {
    say(
      `stopped; continue with: pcfg-diffusion study run ${argv.file}${argv.out ? ` --out ${argv.out}` : ''}`,
    )
    process.exitCode = INTERRUPTED
    return
  }
  const failed = study.cells.flatMap(({ key }) =>
    failures.has(key) ? [{ key, message: failures.get(key)! }] : [],
  )
  const done = study.cells.length - failed.length
  const report = done > 0 ? await reportDirectory(directory) : undefined
  const seconds = (performance.now() - started) / 1000
  if (argv.json) printJson({ study: study.name, directory, report, done, failed, seconds })
  else {
    for (const { key, message } of failed) say(`failed twice: ${key}: ${message}`)
    say(`${done} of ${study.cells.length} runs done in ${clockTime(seconds)}`)
    if (report) say(`report: ${report}`)
  }
  if (failed.length > 0) process.exitCode = 1
}

async function cell(argv: CellArguments): Promise<void> {
  const study = readStudy(join(argv.directory, 'study.yaml'))
  const chosen =
    argv.key === undefined
      ? study.cells[integerFlag('index', argv.index, 0)]
      : study.cells.find((candidate) => candidate.key === argv.key)
  if (!chosen)
    throw new InputError(
      '--key',
      argv.key ?? argv.index,
      `one of the study's cells: ${study.cells.map((c) => c.key).join(', ')}`,
    )
  const tell = (message: CellMessage) => process.send?.(message)
  try {
    const outcome = await runCell(
      study,
      chosen,
      argv.directory,
      chooseDevice(argv.device, true),
      (progress) => tell({ kind: 'progress', progress }),
      interruptible(),
    )
    if (outcome === 'interrupted') process.exitCode = INTERRUPTED
  } catch (error) {
    tell({ kind: 'failed', message: (error as Error).message })
    throw error
  } finally {
    process.disconnect?.()
  }
}
