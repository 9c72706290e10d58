import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli } from '../cli/run-cli.js'

const missing = ['sbatch', 'slurmctld', 'slurmd', 'munged'].filter(
  (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0,
)
const reason =
  missing.length > 0
    ? `${missing.join(', ')} not installed`
    : process.getuid?.() === 0
      ? undefined
      : 'starting Slurm takes root'
if (reason) console.info(`skipped: a study on a real Slurm (${reason})`)

const STUDY = `
name: tiny
base:
  grammar: { v: 6, m: 2, s: 2, L: 3 }
  corpus: { test: 60 }
  model: { layers: 1, width: 16 }
  steps: 3000
  checkpoints: { count: 12 }
axes:
  - corpus.train: [16, 48]
  - seed: ["1", "2"]
analysis: { samples: 60, strings: 16 }
`

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}

describe.skipIf(reason)('a study on Slurm', () => {
  let directory: string
  let expected: string[]

  const results = (name: string) =>
    readdirSync(join(directory, name, 'cells'))
      .sort()
      .map((cell) => readFileSync(join(directory, name, 'cells', cell, 'analysis.jsonl'), 'utf8'))

  const until = async (what: string, holds: () => boolean, seconds = 90) => {
    for (let i = 0; i < seconds * 10; i++) {
      if (holds()) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`${what} did not happen; queue:\n${execFileSync('squeue', { encoding: 'utf8' })}`)
  }

  const pidFile = (name: string) => Number(readFileSync(join(directory, 'slurm/run', name), 'utf8'))

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'slurm-'))
    chmodSync(directory, 0o755)
    writeFileSync(join(directory, 'tiny.yaml'), STUDY)
    execFileSync('sh', [join(import.meta.dirname, 'slurm/start.sh'), join(directory, 'slurm')], {
      stdio: 'pipe',
    })
    process.env.SLURM_CONF = join(directory, 'slurm/slurm.conf')
    cli(['study', 'run', 'tiny.yaml', '--out', 'local'], directory)
    expected = results('local')
  })

  afterAll(() => {
    if (!directory) return
    const pids = execFileSync(
      'sh',
      ['-c', `cat ${directory}/slurm/run/*.pid ${directory}/slurm/munge/munged.pid 2>/dev/null || true`],
      {
        encoding: 'utf8',
      },
    )
    spawnSync('scancel', ['--full', '--user', 'root'])
    for (const pid of pids.split('\n').filter(Boolean)) spawnSync('kill', ['-9', pid])
    delete process.env.SLURM_CONF
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  })

  test('runs one array task per cell and then the report, with the bits of a local run', async () => {
    const { code, stdout } = cli(
      ['study', 'run', 'tiny.yaml', '--engine', 'slurm', '--out', 'array', '--partition', 'local', '--json'],
      directory,
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ cells: 4, jobs: { cells: '1', report: '2' } })
    await until('the report', () => existsSync(join(directory, 'array/report.html')))
    expect(results('array')).toEqual(expected)
    // Nothing is left to do: only a report is submitted.
    const again = cli(
      ['study', 'run', 'tiny.yaml', '--engine', 'slurm', '--out', 'array', '--json'],
      directory,
    )
    expect(JSON.parse(again.stdout).jobs.cells).toBeUndefined()
  })

  test('a node that dies in mid-run: its cells continue elsewhere to the same bits', async () => {
    cli(['study', 'run', 'tiny.yaml', '--engine', 'slurm', '--out', 'dying'], directory)
    const cells = join(directory, 'dying/cells')
    // Some cell on n1 has left a checkpoint beyond its first.
    const onFirstNode = () => {
      const tasks = execFileSync('squeue', ['-h', '-t', 'running', '-w', 'n1', '-o', '%K'], {
        encoding: 'utf8',
      })
      const index = Number.parseInt(tasks, 10)
      return Number.isNaN(index) ? undefined : index
    }
    const keys = ['P=16+seed=1', 'P=16+seed=2', 'P=48+seed=1', 'P=48+seed=2']
    let index: number | undefined
    await until('a checkpoint on n1', () => {
      index = onFirstNode()
      const path = join(cells, keys[index ?? 0]!, 'checkpoints')
      return index !== undefined && existsSync(path) && readdirSync(path).length > 4
    })
    const [attempt] = JSON.parse(readFileSync(join(cells, keys[index!]!, 'attempts.json'), 'utf8'))
    // The daemon, the step's keeper, the script and the cell: everything of this task that lives on the node.
    const script = parentOf(attempt.pid)
    for (const pid of [pidFile('slurmd-n1.pid'), parentOf(script), script, attempt.pid])
      process.kill(pid, 'SIGKILL')
    execFileSync('scontrol', ['update', 'NodeName=n1', 'State=DOWN', 'Reason=test'])
    await until('the report', () => {
      // Slurm would let a requeued task wait for two minutes.
      const pending = execFileSync('squeue', ['-h', '-t', 'pending', '-o', '%i %r'], { encoding: 'utf8' })
      for (const [, job] of pending.matchAll(/^(\S+) BeginTime$/gm))
        spawnSync('scontrol', ['update', `JobId=${job}`, 'StartTime=now'])
      return existsSync(join(directory, 'dying/report.html'))
    })
    expect(results('dying')).toEqual(expected)
    expect(
      JSON.parse(readFileSync(join(cells, keys[index!]!, 'attempts.json'), 'utf8')).length,
    ).toBeGreaterThan(1)
  })
})
