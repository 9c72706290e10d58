import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Study } from '../../../study/definition.js'
import { submitToSlurm } from '../../../study/engines/slurm.js'
import { PROGRAM, prepareStudy, runStudy } from '../../../study/run-study.js'
import type { Device } from '../../../train/runtime/runtime.js'
import { chooseDevice } from '../../device-flag.js'
import { integerFlag, refuseFlags } from '../../grammar-input.js'
import { clockTime, INTERRUPTED, interruptible, printJson, say } from '../../output.js'
import { type Progress, progressBoard } from '../../progress.js'
import { reportDirectory } from '../report.js'
import { openStudy } from './inspect.js'

export interface RunFlags {
  readonly file: string
  readonly out: string | undefined
  readonly workers: string | undefined
  readonly engine: 'local' | 'slurm'
  readonly partition: string | undefined
  readonly sbatch: readonly string[] | undefined
  readonly device: Device | undefined
  readonly json: boolean
}

/** Hands the open cells to Slurm and returns: the jobs do the rest. */
function submit(study: Study, directory: string, argv: RunFlags): void {
  const open = prepareStudy(study, directory)
  const jobs = submitToSlurm({
    directory,
    program: PROGRAM,
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
export async function run(argv: RunFlags): Promise<void> {
  if (argv.engine === 'local') refuseFlags(argv, ['partition', 'sbatch'], '--engine slurm with it')
  const study = openStudy(argv.file)
  const directory = argv.out ?? join('studies', study.name)
  if (argv.engine === 'slurm') return submit(study, directory, argv)
  const workers = integerFlag('workers', argv.workers, 1, availableParallelism())
  const device = await chooseDevice(argv.device, argv.json)
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
    workers,
    flags: ['--device', device],
    signal,
    onProgress: ({ key }, { share, note }) => {
      const line = lines.get(key) ?? board.line(key, 1)
      lines.set(key, line)
      line(share, note)
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
