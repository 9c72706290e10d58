import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Argv, CommandModule } from 'yargs'
import { InputError } from '../../common/error.js'
import { stringLength } from '../../grammar/rhm.js'
import { network } from '../../model/network.js'
import { layOut } from '../../model/parameters.js'
import { runCell } from '../../study/cell.js'
import { readStudy, type Study } from '../../study/definition.js'
import type { CellMessage } from '../../study/pool.js'
import { runStudy, studyStatus } from '../../study/run-study.js'
import { type Device, defaultDevice } from '../../train/runtime/session.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag } from '../grammar-input.js'
import { clockTime, INTERRUPTED, interruptible, printJson, printLine, say } from '../output.js'
import { packageRoot } from '../package-root.js'
import { type Progress, progressBoard } from '../progress.js'
import { reportDirectory } from './report.js'

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
            .example('$0 study run quick', 'a preset by name')
            .example('$0 study run mine.yaml --workers 4', ''),
        handler: (argv) => run(argv as unknown as RunArguments),
      })
      .command({
        command: 'plan <file>',
        describe: 'list the cells of a study without running anything',
        builder: withStudyFile,
        handler: (argv) => plan(argv as unknown as { file: string; json: boolean }),
      })
      .command({
        command: 'status <directory>',
        describe: 'which cells are done, started or waiting',
        builder: (y) => y.positional('directory', { type: 'string', demandOption: true }),
        handler: (argv) => status(argv as unknown as { directory: string; json: boolean }),
      })
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
      .demandCommand(1, 'name what to do: run, plan, status or cell'),
  handler: () => {},
}

interface RunArguments {
  file: string
  out?: string
  workers?: string
  device?: Device
  json: boolean
}

interface CellArguments {
  directory: string
  key?: string
  index?: string
  device?: Device
}

function withStudyFile<T>(yargs: Argv<T>) {
  return yargs.positional('file', {
    type: 'string',
    demandOption: true,
    describe: 'study YAML, or the name of a preset',
  })
}

/** A path, or the name of a preset that ships with the package. */
function openStudy(file: string): Study {
  const preset = join(packageRoot, 'presets', `${file}.yaml`)
  return readStudy(!existsSync(file) && existsSync(preset) ? preset : file)
}

async function run(argv: RunArguments): Promise<void> {
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
    program: fileURLToPath(new URL('../main.js', import.meta.url)),
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

function plan(argv: { file: string; json: boolean }): void {
  const study = openStudy(argv.file)
  const cells = study.cells.map(({ key, config }) => {
    const { grammar, model } = config
    const shape = 'file' in grammar ? undefined : { tokens: stringLength(grammar), vocabulary: grammar.v }
    const parameters = shape && layOut(network(model, shape).parameters).total
    // Forward and backward of every weight for every token: 6 operations each (attention itself is left out).
    const flops =
      shape && parameters ? 6 * parameters * shape.tokens * config.batch * config.steps : undefined
    return { key, P: config.corpus.train, steps: config.steps, parameters, flops }
  })
  if (argv.json) {
    printJson({ study: study.name, device: defaultDevice(), cells })
    return
  }
  printLine(`${study.title}: ${cells.length} cells`)
  for (const { key, steps, parameters, flops } of cells) {
    printLine(
      `${key.padEnd(40)} ${String(steps).padStart(8)} steps  ${parameters ?? '?'} parameters  ${flops?.toExponential(1) ?? '?'} FLOP`,
    )
  }
}

function status(argv: { directory: string; json: boolean }): void {
  const cells = studyStatus(readStudy(join(argv.directory, 'study.yaml')), argv.directory)
  if (argv.json) {
    printJson({ cells })
    return
  }
  for (const { key, state } of cells) printLine(`${state.padEnd(8)} ${key}`)
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
