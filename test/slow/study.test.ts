import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cli, program } from '../cli/run-cli.js'
import { STUDY } from '../study/tiny.js'

describe('running a study', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'study-'))
    writeFileSync(join(directory, 'tiny.yaml'), STUDY)
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const results = (name: string) => {
    const cells = readdirSync(join(directory, name, 'cells')).sort()
    return cells.map((cell) => readFileSync(join(directory, name, 'cells', cell, 'analysis.jsonl'), 'utf8'))
  }

  test('leaves one page, figures in three formats and a table; killed at random instants it ends with the same results', async () => {
    const whole = cli(['study', 'run', 'tiny.yaml', '--out', 'whole', '--json'], directory)
    expect(JSON.parse(whole.stdout)).toMatchObject({ study: 'tiny', done: 4, failed: [] })
    expect(readdirSync(join(directory, 'whole')).sort()).toEqual([
      'cells',
      'figures',
      'report.html',
      'results.csv',
      'results.parquet',
      'study.yaml',
      'tensorboard',
    ])
    expect(readdirSync(join(directory, 'whole/figures')).length).toBe(24)
    expect(readFileSync(join(directory, 'whole/results.csv'), 'utf8').split('\n')[0]).toMatch(
      /^study,run,P,v,m,s,L,grammar,.*,clock,reached,steps,samples,epochs,watched_steps$/,
    )

    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, [program, 'study', 'run', 'tiny.yaml', '--out', 'killed'], {
        cwd: directory,
        stdio: 'ignore',
        detached: true,
      })
      const closed = new Promise((resolve) => child.once('close', resolve))
      await new Promise((resolve) => setTimeout(resolve, 700 + 450 * kill))
      // The whole process group, workers included, as a machine that loses power.
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
      await closed
    }
    expect(cli(['study', 'run', 'tiny.yaml', '--out', 'killed'], directory).code).toBe(0)
    expect(results('killed')).toEqual(results('whole'))
    expect(readFileSync(join(directory, 'killed/results.csv'))).toEqual(
      readFileSync(join(directory, 'whole/results.csv')),
    )

    // Losses of another version: a page compares the other cells, and the study measures this one again.
    const [cell] = readdirSync(join(directory, 'killed/cells'))
    const records = join(directory, 'killed/cells', cell!, 'analysis.jsonl')
    writeFileSync(records, readFileSync(records, 'utf8').replace(/"losses":\d+/, '"losses":0'))
    expect(cli(['report', 'killed'], directory).stderr).toMatch(/report: killed\/report.html/)
    const csv = readFileSync(join(directory, 'killed/results.csv'), 'utf8')
    expect(new Set(csv.split('\n').map((line) => line.split(',')[1])).size).toBe(1 + 3 + 1)
    expect(csv).not.toContain(cell)
    expect(cli(['study', 'run', 'tiny.yaml', '--out', 'killed'], directory).code).toBe(0)
    expect(results('killed')).toEqual(results('whole'))
  })

  test('a cell that fails is tried again, reported, and does not stop the others', () => {
    writeFileSync(
      join(directory, 'bad.yaml'),
      STUDY.replace(
        '{ corpus.train: 48 }',
        '{ corpus.train: 48, optimiser.learningRate: 1e30, optimiser.clipNorm: 0 }',
      ),
    )
    const { code, stdout } = cli(['study', 'run', 'bad.yaml', '--out', 'bad', '--json'], directory)
    expect(code).toBe(1)
    const outcome = JSON.parse(stdout)
    expect(outcome.done).toBe(2)
    expect(outcome.failed.map((cell: { key: string }) => cell.key)).toEqual([
      'P=48+grammar-seed=1',
      'P=48+grammar-seed=2',
    ])
    expect(outcome.failed[0].message).toMatch(/is not finite/)
    expect(existsSync(join(directory, 'bad/report.html'))).toBe(true)
  })

  test('of another file does not mix into an existing directory', () => {
    cli(['study', 'run', 'tiny.yaml', '--out', 'a'], directory)
    writeFileSync(join(directory, 'other.yaml'), STUDY.replace('60', '61'))
    const { code, stderr } = cli(['study', 'run', 'other.yaml', '--out', 'a'], directory)
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^error: out: got "a", expected a new directory, or one that holds this same study file/m,
    )
  })
})
