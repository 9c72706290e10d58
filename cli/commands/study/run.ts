import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Study, StudyCell } from '../../../study/definition.js'
import { submitToSlurm } from '../../../study/engines/slurm.js'
import type { CellProgress } from '../../../study/experiment.js'
import { PROGRAM, prepareStudy, runStudy } from '../../../study/run-study.js'
import type { Device } from '../../../train/runtime/runtime.js'
import { chooseDevice } from '../../device-flag.js'
import { followReport } from '../../follow-report.js'
import { integerFlag, refuseFlags } from '../../grammar-input.js'
import { clockTime, INTERRUPTED, interruptible, printJson, say } from '../../output.js'
import { type Progress, type ProgressBoard, progressBoard } from '../../progress.js'
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
  const started = performance.now()
  if (!argv.json)
    say(
      `study ${study.name}: ${study.cells.length} runs, ${Math.min(workers, study.cells.length)} at a time, in ${directory}`,
    )
  const board = progressBoard(argv.json)
  const over = new AbortController()
  const running = runStudy(study, {
    directory,
    workers,
    flags: ['--device', device],
    signal,
    ...linesOf(study, board),
  })
  const drawing = followReport(directory, {
    signal: over.signal,
    onPage: once((path) => board.say(`page: ${pathToFileURL(path)} (fills as runs go on)`)),
  })
  // A page that cannot be drawn stops no run.
  const [failures, drawn] = await Promise.all([
    running.finally(() => over.abort()),
    drawing.catch((error: Error) => error),
  ])
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
  const report = done > 0 && !(drawn instanceof Error) ? drawn : undefined
  const seconds = (performance.now() - started) / 1000
  if (argv.json) printJson({ study: study.name, directory, report, done, failed, seconds })
  else {
    for (const { key, message } of failed) say(`failed twice: ${key}: ${message}`)
    say(`${done} of ${study.cells.length} runs done in ${clockTime(seconds)}`)
    if (report) say(`report: ${report}`)
  }
  if (drawn instanceof Error) throw drawn
  if (failed.length > 0) process.exitCode = 1
}

/** A line per cell that has begun, below one for the whole study. */
function linesOf({ cells, experiment }: Study, board: ProgressBoard) {
  const work = new Map(cells.map(({ key, config }) => [key, experiment.work(config)]))
  const whole = [...work.values()].reduce((sum, each) => sum + each, 0)
  const shares = new Map(cells.map(({ key }) => [key, 1]))
  const lines = new Map<string, Progress>()
  const all = board.line('all', 1)
  let [done, finished] = [whole, cells.length]
  // Progress comes many times a second: only what has changed is added up.
  const move = (key: string, share: number) => {
    const before = shares.get(key)!
    shares.set(key, share)
    done += (share - before) * work.get(key)!
    finished += Number(share === 1) - Number(before === 1)
  }
  return {
    onStart(open: readonly StudyCell[]) {
      for (const { key } of open) move(key, 0)
    },
    onProgress({ key }: StudyCell, { share, note }: CellProgress) {
      const line = lines.get(key) ?? board.note(key, 1)
      lines.set(key, line)
      line(share, note)
      move(key, share)
      all(finished === cells.length ? 1 : done / whole, `${finished} of ${cells.length} runs`)
    },
  }
}

function once(say: (path: string) => void): (path: string) => void {
  let said = false
  return (path) => {
    if (!said) say(path)
    said = true
  }
}
