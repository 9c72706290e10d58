import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { InputError } from '../../common/error.js'
import { writeFileAtomic } from '../../common/files.js'

export interface SlurmOptions {
  /** Study directory on a file system that all nodes share. */
  readonly directory: string
  /** This project's command line. */
  readonly program: string
  /** Numbers of the cells to run. */
  readonly indices: readonly number[]
  /** Flags that every cell gets. */
  readonly flags: readonly string[]
  /** Options passed on to sbatch, such as --partition=gpu. */
  readonly sbatch: readonly string[]
}

export interface SlurmJobs {
  /** The array with one cell per index; undefined where no cell is left to do. */
  readonly cells?: string
  /** The report, which waits until every cell has ended, well or not. */
  readonly report: string
}

/**
 * Submits a study as a job array and a dependent report job. A cell that fails is tried once more in its own task; one whose
 * node dies is put back into the queue by Slurm and continues from its last checkpoint to the same bits.
 *
 * @throws InputError where sbatch is missing or refuses
 */
export function submitToSlurm(options: SlurmOptions): SlurmJobs {
  const { indices, sbatch } = options
  const directory = resolve(options.directory)
  const program = `${quoted(process.execPath)} ${quoted(options.program)}`
  const flags = options.flags.map(quoted).join(' ')
  const logs = join(directory, 'slurm')
  const script = (name: string, lines: readonly string[]) => {
    const path = join(logs, `${name}.sh`)
    writeFileAtomic(path, ['#!/bin/sh', ...lines, ''].join('\n'))
    return path
  }
  const common = [...sbatch, '--parsable', `--chdir=${directory}`, '--open-mode=append']

  const cellScript = script('cell', [
    '# One cell of the study; the task number says which. Tried once more where it fails, not where it was stopped.',
    `cell() { ${program} study cell ${quoted(directory)} --index "$SLURM_ARRAY_TASK_ID" ${flags}; }`,
    'cell; code=$?',
    'if [ $code -eq 0 ] || [ $code -eq 130 ]; then exit $code; fi',
    'cell',
  ])
  const reportScript = script('report', [`exec ${program} report ${quoted(directory)}`])
  const cells =
    indices.length === 0
      ? undefined
      : submit([
          ...common,
          '--cpus-per-task=1',
          '--requeue',
          `--array=${ranges(indices)}`,
          `--output=${join(logs, 'cell-%a.log')}`,
          cellScript,
        ])
  const after = cells === undefined ? [] : [`--dependency=afterany:${cells}`]
  const report = submit([...common, ...after, `--output=${join(logs, 'report.log')}`, reportScript])
  return { ...(cells === undefined ? {} : { cells }), report }
}

function submit(args: readonly string[]): string {
  try {
    // "123" or "123;cluster"
    return execFileSync('sbatch', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      .trim()
      .split(';')[0]!
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
    const expected =
      code === 'ENOENT'
        ? 'sbatch on the PATH: run this on a machine of the cluster'
        : `a job that sbatch accepts (${(stderr ?? '').trim().split('\n')[0]})`
    throw new InputError('--engine', 'slurm', expected)
  }
}

/** 0-3,7 */
function ranges(indices: readonly number[]): string {
  const parts: [number, number][] = []
  for (const index of indices) {
    const last = parts.at(-1)
    if (last && index === last[1] + 1) last[1] = index
    else parts.push([index, index])
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
