import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Attempt } from '../study/attempts.js'
import type { Row } from './measure.js'

const STUDY = `
name: many
base:
  grammar: { v: 8, m: 3, s: 2, L: 3 }
  corpus: { test: 256 }
  steps: 3000
  checkpoints: { count: 10 }
axes:
  - corpus.train: [64, 128, 256, 512]
  - seed: ${JSON.stringify(Array.from({ length: 16 }, (_, i) => `${i}`))}
analysis: { samples: 200, strings: 64 }
`

/** 64 cells of a few seconds each: how busy they keep the cores, and what a cell costs beside its own work. */
export function benchStudy(): Row[] {
  const directory = mkdtempSync(join(tmpdir(), 'bench-study-'))
  try {
    writeFileSync(join(directory, 'many.yaml'), STUDY)
    const program = join(process.cwd(), 'dist/cli/main.js')
    // The shell's clock counts the processor time of every descendant.
    const { stderr } = spawnSync(
      'bash',
      ['-c', `time -p '${process.execPath}' '${program}' study run many.yaml --out many --json`],
      { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    const read = (name: string) => Number(new RegExp(`^${name} ([\\d.]+)`, 'm').exec(stderr)?.[1])
    const attempts = readdirSync(join(directory, 'many/cells')).flatMap(
      (cell) =>
        JSON.parse(readFileSync(join(directory, 'many/cells', cell, 'attempts.json'), 'utf8')) as Attempt[],
    )
    const time = (text: string) => Date.parse(text) / 1000
    const began = Math.min(...attempts.map((attempt) => time(attempt.started)))
    const ended = Math.max(...attempts.map((attempt) => time(attempt.ended!)))
    const working = attempts.reduce((sum, { started, ended }) => sum + time(ended!) - time(started), 0)
    const cores = availableParallelism()
    const overhead = ((ended - began) * cores - working) / attempts.length
    return [
      {
        what: `64 cells on ${cores} cores: share of the cores in use, start to report`,
        value: ((100 * (read('user') + read('sys'))) / (read('real') * cores)).toFixed(0),
        unit: '%',
        target: '≥ 90',
      },
      {
        what: 'from the end of a cell to the work of the next',
        value: overhead.toFixed(2),
        unit: 's',
        target: '< 0.5',
      },
    ]
  } finally {
    rmSync(directory, { recursive: true })
  }
}
