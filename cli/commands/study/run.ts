import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../../../common/error.js'
import { submitToSlurm } from '../../../study/engines/slurm.js'
import { prepareStudy, runStudy } from '../../../study/run-study.js'
import type { Device } from '../../../train/runtime/node.js'
import { chooseDevice } from '../../device-flag.js'
import { integerFlag } from '../../grammar-input.js'
import { clockTime, INTERRUPTED, interruptible, printJson, say } from '../../output.js'
import { type Progress, progressBoard } from '../../progress.js'
import { reportDirectory } from '../report.js'
import { openStudy } from './inspect.js'

export interface RunArguments {
  file: string
  out?: string
  workers?: string
  engine: 'local' | 'slurm'
  partition?: string
  sbatch?: string[]
  device?: Device
  json: boolean
}

const program = fileURLToPath(new URL('../../main.js', import.meta.url))

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

/** `study run`: every cell, here or on a cluster, then the report. */
export async function run(argv: RunArguments): Promise<void> {
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
