import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { readStudy, type Study } from '../../../study/definition.js'
import { planStudy } from '../../../study/plan.js'
import { queryStudies } from '../../../study/query.js'
import { studyStatus } from '../../../study/status.js'
import type { Device } from '../../../train/runtime/runtime.js'
import { chooseDevice } from '../../device-flag.js'
import { integerFlag, refuseFlags } from '../../grammar-input.js'
import { clockTime, printJson, printLine } from '../../output.js'
import { packageRoot } from '../../package-root.js'
import { printTable } from '../../table.js'

/** What says something about a study without running it. */

/** A path, or the name of a preset that ships with the package. */
export function openStudy(file: string): Study {
  const preset = join(packageRoot, 'presets', `${file}.yaml`)
  return readStudy(!existsSync(file) && existsSync(preset) ? preset : file)
}

export interface PlanFlags {
  readonly file: string
  readonly workers: string | undefined
  readonly probe: boolean
  readonly device: Device | undefined
  readonly json: boolean
}

/** `study plan` */
export async function plan(flags: PlanFlags): Promise<void> {
  const study = openStudy(flags.file)
  const workers = integerFlag('workers', flags.workers, 1, availableParallelism())
  if (!flags.probe) refuseFlags(flags, ['device'], 'a probe: without --no-probe')
  const device = flags.probe ? await chooseDevice(flags.device, flags.json) : undefined
  const plan = await planStudy(study, workers, device)
  if (flags.json) {
    const cells = plan.cells.map(({ facts, ...rest }) => ({ ...facts, ...rest }))
    printJson({ study: study.name, workers, device: device ?? null, ...plan, cells })
    return
  }
  printLine(`${study.title}: ${plan.cells.length} cells`)
  const names = [...new Set(plan.cells.flatMap(({ facts }) => Object.keys(facts)))]
  const rows = plan.cells.map(({ key, facts, flops, seconds }) => {
    const time = seconds === null ? '–' : clockTime(seconds)
    return [key, ...names.map((name) => facts[name] ?? ''), flops.toExponential(1), time]
  })
  printTable(['cell', ...names, 'FLOP', 'time'], rows)
  const time =
    plan.wallSeconds === null ? '' : `, about ${clockTime(plan.wallSeconds)} with ${workers} at a time`
  printLine(`${plan.flops.toExponential(1)} FLOP${time}`)
}

/** `study status` */
export function status(directory: string, json: boolean): void {
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
}

/** `study query` */
export async function query(sql: string, directories: readonly string[], json: boolean): Promise<void> {
  const { columns, rows } = await queryStudies(sql, directories)
  if (json) {
    for (const row of rows) printJson(Object.fromEntries(columns.map((name, i) => [name, row[i]])))
    return
  }
  printTable(
    columns,
    rows.map((row) => row.map((value) => String(value ?? ''))),
  )
}
