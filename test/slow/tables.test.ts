import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csv } from '../../report/rows.js'
import { crc32c } from '../../report/tensorboard.js'
import { cli } from '../cli/run-cli.js'

const STUDY = `
name: tables
base:
  grammar: { v: 6, m: 2, s: 2, L: 3 }
  corpus: { test: 40 }
  model: { layers: 1, width: 16 }
  steps: 120
  checkpoints: { count: 4 }
axes:
  - corpus.train: [16, 32]
analysis: { samples: 40, strings: 8 }
`

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tables-'))
  writeFileSync(join(directory, 'tables.yaml'), STUDY)
  cli(['study', 'run', 'tables.yaml'], directory)
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('a study as tables', () => {
  test('results are the same in CSV and Parquet, one line per run and clock', async () => {
    const text = readFileSync(join(directory, 'studies/tables/results.csv'), 'utf8').trim().split('\n')
    const file = await asyncBufferFromFile(join(directory, 'studies/tables/results.parquet'))
    const rows = await parquetReadObjects({ file })
    const columns = text[0]!.split(',')
    expect(rows.length).toBe(text.length - 1)
    rows.forEach((row, i) => {
      expect(columns.map((name) => String(row[name] ?? ''))).toEqual(text[i + 1]!.split(','))
    })
  })

  test('CSV quotes what would break a line', () => {
    expect(csv([{ a: 'x,"y"', b: null, c: 1.5 }])).toBe('a,b,c\n"x,""y""",,1.5\n')
  })

  test('SQL over checkpoints, levels and training metrics of every run', () => {
    const ask = (sql: string) => cli(['study', 'query', sql, '--json'], directory)
    const perRun = ask(
      'select run, count(*) as n, max(step) as last from checkpoints group by run, P order by P',
    )
    expect(
      perRun.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { run: 'P=16', n: '5', last: 120 },
      { run: 'P=32', n: '5', last: 120 },
    ])
    expect(JSON.parse(ask('select count(distinct level) as levels from levels').stdout)).toEqual({
      levels: '3',
    })
    expect(JSON.parse(ask('select max(step) as last from metrics').stdout)).toEqual({ last: 120 })
    const wrong = ask('select nothing from nowhere')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(/^error: sql: got "select nothing from nowhere", expected a question/)
  })

  test('event files hold every curve, framed and summed as TensorBoard reads them', () => {
    expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283')
    const file = readFileSync(
      join(directory, 'studies/tables/tensorboard/P=16/events.out.tfevents.0000000000.pcfg-diffusion'),
    )
    // Every event file of TensorFlow begins with this length and its checksum.
    expect(file.subarray(0, 12).toString('hex')).toBe('1800000000000000a37f4b22')
    const tags = new Set<string>()
    let count = 0
    for (let at = 0; at < file.length; count++) {
      const length = Number(file.readBigUInt64LE(at))
      const data = file.subarray(at + 12, at + 12 + length)
      const c = crc32c(data)
      expect(file.readUInt32LE(at + 12 + length)).toBe((((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0)
      const tag = /(train|losses|samples|levels)\/[\w ]+/.exec(data.toString('latin1'))?.[0]
      if (tag) tags.add(tag.replace(/\W*$/, ''))
      at += 16 + length
    }
    expect(count).toBeGreaterThan(20)
    expect([...tags].some((tag) => tag.startsWith('levels/validity 3'))).toBe(true)
  })

  test('a plan counts work before anything runs, and a probe gives it a time', () => {
    const plain = JSON.parse(cli(['study', 'plan', 'tables.yaml', '--no-probe', '--json'], directory).stdout)
    expect(plain.cells.map((cell: { steps: number; seconds: null }) => [cell.steps, cell.seconds])).toEqual([
      [120, null],
      [120, null],
    ])
    expect(plain.flops).toBe(2 * 6 * plain.cells[0].parameters * 8 * 32 * 120)
    const probed = JSON.parse(
      cli(['study', 'plan', 'tables.yaml', '--workers', '1', '--json'], directory).stdout,
    )
    expect(probed.wallSeconds).toBeCloseTo(probed.cells[0].seconds + probed.cells[1].seconds, 6)
    expect(probed.wallSeconds).toBeGreaterThan(0.5)
    expect(probed.wallSeconds).toBeLessThan(60)
  })

  test('status tells done, failed and waiting cells apart, with the reason', () => {
    const bad = STUDY.replace('[16, 32]', '[16, 32]\n  - optimiser.learningRate: [0.004, 1.0e+30]').replace(
      'steps: 120',
      'steps: 120\n  optimiser: { clipNorm: 0 }',
    )
    writeFileSync(join(directory, 'bad.yaml'), bad.replace('name: tables', 'name: bad'))
    cli(['study', 'run', 'bad.yaml'], directory)
    const { cells } = JSON.parse(cli(['study', 'status', 'studies/bad', '--json'], directory).stdout)
    expect(cells.map((cell: { state: string; attempts: number }) => [cell.state, cell.attempts])).toEqual([
      ['done', 1],
      ['failed', 2],
      ['done', 1],
      ['failed', 2],
    ])
    expect(cells[1].message).toMatch(/not finite/)
    rmSync(join(directory, 'studies/bad/cells/P=32+optimiser-learningRate=0.004'), { recursive: true })
    expect(cli(['study', 'status', 'studies/bad'], directory).stdout).toMatch(/1 done, 2 failed, 1 waiting/)
    expect(readFileSync(join(directory, 'studies/bad/report.html'), 'utf8')).toMatch(
      /Not finished: .*failed: /,
    )
  })

  test('a full batch is the whole training corpus: P strings, duplicates among them', () => {
    const full = STUDY.replace('name: tables', 'name: full')
      .replace('test: 40', 'test: 40, duplicates: 2')
      .replace('steps: 120', 'steps: 8\n  batch: full')
    writeFileSync(join(directory, 'full.yaml'), full)
    const { cells } = JSON.parse(
      cli(['study', 'plan', 'full.yaml', '--no-probe', '--json'], directory).stdout,
    )
    expect(cells[1].flops / cells[0].flops).toBe(2)
    // P = 16, each of 8 strings twice.
    expect(cells[0].flops).toBe(6 * cells[0].parameters * 8 * 16 * 8)
  })

  test('a watched report ends once every run is measured', () => {
    const { code, stdout } = cli(['report', 'studies/tables', '--watch', '--json'], directory)
    expect(code).toBe(0)
    expect(readFileSync(join(directory, JSON.parse(stdout).report), 'utf8')).not.toMatch(
      /http-equiv="refresh"/,
    )
    cli(['report', 'studies/tables', '--smooth', 'isotonic'], directory)
    const figure = readFileSync(join(directory, 'studies/tables/figures/G-phase.vl.json'), 'utf8')
    expect(figure).toMatch(/isotonic smoothing/)
  })
})
