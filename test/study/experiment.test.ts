import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { InputError } from '../../common/error.js'
import { cellDirectory, cellStand, runCell } from '../../study/cell.js'
import { parseStudy } from '../../study/definition.js'
import type { Experiment } from '../../study/experiment.js'
import { planStudy } from '../../study/plan.js'
import { writeReport } from '../../study/report.js'
import { prepareStudy, runStudy } from '../../study/run-study.js'
import { studyStatus } from '../../study/status.js'
import { root } from '../cli/run-cli.js'

/** A cell multiplies two numbers, one addition at a time, in a file: no network anywhere. */
interface Product {
  readonly v: number
  readonly m: number
}

interface Rounding {
  readonly most: number
}

const pathOf = (directory: string) => join(directory, 'sum.json')
const sumOf = (directory: string) =>
  existsSync(pathOf(directory)) ? (JSON.parse(readFileSync(pathOf(directory), 'utf8')) as number[]) : []

const product: Experiment<Product, Rounding> = {
  schema: z.strictObject({ v: z.int().min(1), m: z.int().min(1) }),
  options: z.strictObject({ most: z.int().default(100) }),
  ofOneKind: /^v$/,
  check({ v, m }, { most }) {
    if (v * m > most) throw new InputError('v', v, `v·m of at most ${most}`)
  },
  async run(directory, { v, m }, { onProgress, signal }) {
    mkdirSync(directory, { recursive: true })
    for (let done = sumOf(directory).length; done < m; done++) {
      if (signal?.aborted) return 'interrupted'
      if (v === 13) throw new Error('unlucky')
      const sums = sumOf(directory)
      writeFileSync(pathOf(directory), JSON.stringify([...sums, (sums.at(-1) ?? 0) + v]))
      onProgress({ share: (done + 1) / m, note: `${done + 1} of ${m}` })
    }
    return 'finished'
  },
  stand(directory, { m }) {
    const step = sumOf(directory).length
    return { done: step === m, step, steps: m }
  },
  work: ({ m }) => m,
  plan: async (configs, _, device) =>
    configs.map(({ v, m }) => ({ facts: { v }, flops: m, seconds: device ? m : null })),
  tables: ['results'],
  collect: ({ name, cells }) => ({
    found: cells.flatMap(({ key, directory }) => {
      const amount = sumOf(directory).length
      return amount > 0 ? [{ key, amount }] : []
    }),
    table: () =>
      cells.map(({ key, label, config: { v, m }, directory }) => ({
        study: name,
        run: key,
        label,
        v,
        m,
        product: sumOf(directory).at(-1) ?? null,
      })),
  }),
}

const EXPERIMENTS = { product }
const text = (rest = '', values = '[2, 3]') => `
name: products
experiment: product
base: { m: 4 }
axes:
  - v: ${values}
  - m: [4, 2]
${rest}`
const parse = (source = text()) => parseStudy(source, 'study', EXPERIMENTS)

let directory: string
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'experiment-')), 'products')
})
afterEach(() => rmSync(join(directory, '..'), { recursive: true }))

const ignore = () => {}

describe('a study of an experiment that trains no network', () => {
  test('expands its cells, and names what sets them apart beside what may differ', () => {
    const { cells, options } = parse(text('most: 12'))
    expect(cells).toEqual([
      { key: 'v=2+m=4', label: 'm=4', config: { v: 2, m: 4 } },
      { key: 'v=2+m=2', label: 'm=2', config: { v: 2, m: 2 } },
      { key: 'v=3+m=4', label: 'm=4', config: { v: 3, m: 4 } },
      { key: 'v=3+m=2', label: 'm=2', config: { v: 3, m: 2 } },
    ])
    expect(options).toEqual({ most: 12 })
  })

  test.each([
    [
      'an experiment that there is not',
      text().replace('experiment: product', 'experiment: sum'),
      /^study\.experiment: got "sum", expected one of product$/,
    ],
    [
      'a name that every object has',
      text().replace('experiment: product', 'experiment: constructor'),
      /^study\.experiment: got "constructor", expected one of product$/,
    ],
    ['a field of other experiments', text('analysis: { samples: 3 }'), /^study\.analysis: /],
    [
      'a cell that does not fit the schema',
      text('', '[2, many]'),
      /^study: base\.v: got "many", expected a number$/,
    ],
    ['a cell that its options exclude', text('most: 11'), /^v: got 3, expected v·m of at most 11$/],
  ])('refuses %s', (_, source, message) => {
    expect(() => parse(source)).toThrow(InputError)
    expect(() => parse(source)).toThrow(message)
  })

  test('is of the first experiment that it may name where it names none', () => {
    expect(parse(text().replace('experiment: product\n', '')).experiment).toBe(product)
  })

  test('plans, runs, resumes, says how it stands, and reports what the experiment tells it', async () => {
    const study = parse()
    expect(await planStudy(study, 2)).toEqual({
      cells: [4, 2, 4, 2].map((flops, i) => ({
        key: study.cells[i]!.key,
        facts: { v: i < 2 ? 2 : 3 },
        flops,
        seconds: null,
      })),
      flops: 12,
      wallSeconds: null,
    })
    // 4 + 2 on one worker, 4 + 2 on the other.
    expect((await planStudy(study, 2, 'cpu')).wallSeconds).toBe(6)

    expect(prepareStudy(study, directory)).toEqual(study.cells)
    const [first, second, third] = study.cells
    const notes: string[] = []
    const tell = ({ note }: { note: string }) => notes.push(note)
    expect(await runCell(study, first!, directory, 'cpu', tell)).toBe('finished')
    expect(notes).toEqual(['1 of 4', '2 of 4', '3 of 4', '4 of 4'])
    const stop = AbortSignal.abort()
    expect(await runCell(study, second!, directory, 'cpu', ignore, stop)).toBe('interrupted')
    const states = () => studyStatus(study, directory).map(({ state, step, steps }) => [state, step, steps])
    expect(states()).toEqual([
      ['done', 4, 4],
      ['stopped', 0, 2],
      ['waiting', 0, 4],
      ['waiting', 0, 2],
    ])
    // A process that went away in the middle has left two additions.
    mkdirSync(cellDirectory(directory, third!), { recursive: true })
    writeFileSync(pathOf(cellDirectory(directory, third!)), '[3,6]')
    expect(cellStand(study, third!, directory)).toEqual({ done: false, step: 2, steps: 4 })

    const open = prepareStudy(study, directory)
    expect(open).toEqual(study.cells.slice(1))
    for (const cell of open) expect(await runCell(study, cell, directory, 'cpu', ignore)).toBe('finished')
    expect(states().every(([state]) => state === 'done')).toBe(true)
    expect(prepareStudy(study, directory)).toEqual([])

    const placed = study.cells.map((cell) => ({ ...cell, directory: cellDirectory(directory, cell) }))
    const findings = product.collect({
      ...study,
      cells: placed as ((typeof placed)[number] & { config: Product })[],
      missing: [],
    })
    const path = await writeReport(directory, { findings, tables: product.tables, missing: [] })
    expect(path).toBe(join(directory, 'results.csv'))
    expect(readFileSync(path, 'utf8')).toBe(
      'study,run,label,v,m,product\nproducts,v=2+m=4,m=4,2,4,8\nproducts,v=2+m=2,m=2,2,2,4\n' +
        'products,v=3+m=4,m=4,3,4,12\nproducts,v=3+m=2,m=2,3,2,6\n',
    )
    expect(readdirSync(directory).sort()).toEqual(['cells', 'results.csv', 'results.parquet', 'study.yaml'])
  })

  test('takes as long as its last worker, when the longest cells are begun first', async () => {
    const wall = async (seconds: readonly number[], workers: number) => {
      const axes = `axes:\n  - [${seconds.map((m, i) => `{ v: ${i + 1}, m: ${m} }`).join(', ')}]`
      const study = parse(text().replace(/axes:[\s\S]*/, axes))
      return (await planStudy(study, workers, 'cpu')).wallSeconds
    }
    // 3 beside 2 + 1; in the order of the file the last would begin after the first, and end at 4.
    expect(await wall([1, 2, 3], 2)).toBe(3)
    // 7 + 3 beside 6 + 3; in the order of the file 3 + 3 + 6 beside 7.
    expect(await wall([3, 7, 3, 6], 2)).toBe(10)
    // 8 beside 5 + 2 beside 4 + 3 and 1 after whichever is free; shortest first 3 + 8.
    expect(await wall([1, 2, 4, 8, 5, 3], 3)).toBe(8)
    expect(await wall([1, 2, 4, 8, 5, 3], 1)).toBe(23)
    expect(await wall([1, 2, 4], 8)).toBe(4)
  })

  test('records a failed cell with its reason, and leaves the others alone', async () => {
    const study = parse(text('', '[13, 2]'))
    prepareStudy(study, directory)
    await expect(runCell(study, study.cells[0]!, directory, 'cpu', ignore)).rejects.toThrow('unlucky')
    await runCell(study, study.cells[2]!, directory, 'cpu', ignore)
    expect(studyStatus(study, directory).map(({ state, message }) => [state, message])).toEqual([
      ['failed', 'unlucky'],
      ['waiting', undefined],
      ['done', undefined],
      ['waiting', undefined],
    ])
  })

  test('does not mix with another study in one directory', () => {
    prepareStudy(parse(), directory)
    expect(() => prepareStudy(parse(text('most: 99')), directory)).toThrow(/this same study file/)
    expect(prepareStudy(parse(), directory)).toHaveLength(4)
  })

  test('runs in processes of any program that runs the cell it is told: largest first, a failure tried twice', async () => {
    const study = parse(text('', '[13, 2]'))
    const program = join(directory, '../program.mjs')
    writeFileSync(program, PROGRAM)
    const begun: string[] = []
    const failures = await runStudy(study, {
      directory,
      program,
      workers: 1,
      flags: ['--flag'],
      onProgress: ({ key }, { note }) => begun.push(`${key} ${note}`),
    })
    expect([...failures]).toEqual([
      ['v=13+m=4', 'unlucky'],
      ['v=13+m=2', 'unlucky'],
    ])
    const flags = `study cell ${directory} --await --flag`
    expect(begun).toEqual(
      [13, 13, 2].map((v) => `v=${v}+m=4 ${flags}`).concat([13, 13, 2].map((v) => `v=${v}+m=2 ${flags}`)),
    )
    expect(studyStatus(study, directory).map(({ state, attempts }) => [state, attempts])).toEqual([
      ['failed', 2],
      ['failed', 2],
      ['done', 1],
      ['done', 1],
    ])
  })
})

/** A command line of somebody else's: it waits for the name of a cell, and runs it as the built package does. */
const PROGRAM = `
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beginAttempt } from '${pathToFileURL(join(root, 'dist/study/attempts.js'))}'
process.once('message', ({ key }) => {
  const [v, m] = /v=(\\d+)\\+m=(\\d+)/.exec(key).slice(1).map(Number)
  const directory = join(process.argv[4], 'cells', key)
  mkdirSync(directory, { recursive: true })
  process.send({ kind: 'progress', progress: { share: 0, note: process.argv.slice(2).join(' ') } })
  const end = beginAttempt(directory)
  if (v === 13) {
    end({ outcome: 'failed', message: 'unlucky' })
    process.send({ kind: 'failed', message: 'unlucky' })
    process.exitCode = 1
  } else {
    writeFileSync(join(directory, 'sum.json'), JSON.stringify(Array.from({ length: m }, (_, i) => v * (i + 1))))
    end({ outcome: 'finished' })
  }
  setImmediate(() => process.disconnect())
})
`
