import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const ROOMS = 'common grammar corpus model train analysis run report study cli vitest bench presets'.split(
  ' ',
)

let tree: string
const lines = new Map<string, number>()
const created: string[] = []

/** A copy of the sources with every recipe of CONTRIBUTING.md followed to the letter, built. */
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'recipes-'))
  const others =
    'test scripts examples index.ts package.json tsconfig.json tsconfig.build.json vitest.config.ts'
  for (const name of [...ROOMS, ...others.split(' ')])
    cpSync(join(root, name), join(tree, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  for (const [, kind, body] of text.matchAll(/^```(ts|diff)\n([\s\S]*?)^```$/gm)) {
    const [first, ...rest] = body!.split('\n')
    if (kind === 'ts') writeNew(first!.replace(/^\/\/ /, ''), rest.join('\n'))
    else insert(first!.replace(/^--- /, ''), rest)
  }
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
    cwd: tree,
    stdio: 'pipe',
  })
})
afterAll(() => rmSync(tree, { recursive: true, force: true }))

function writeNew(path: string, text: string): void {
  const target = join(tree, path)
  if (existsSync(target)) throw new Error(`${path} exists already`)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
  created.push(path)
}

/** Puts every run of + lines after the line that stands above it. */
function insert(path: string, patch: readonly string[]): void {
  const file = readFileSync(join(tree, path), 'utf8').split('\n')
  let at = -1
  for (const line of patch.filter(Boolean)) {
    if (line.startsWith('+')) {
      file.splice(++at, 0, line.slice(1))
      lines.set(path, (lines.get(path) ?? 0) + 1)
    } else {
      at = file.indexOf(line.slice(1), at + 1)
      if (at < 0) throw new Error(`${path} has no line «${line.slice(1)}» here`)
    }
  }
  writeFileSync(join(tree, path), file.join('\n'))
}

const cli = (...args: string[]) =>
  execFileSync(process.execPath, [join(tree, 'dist/cli/main.js'), ...args], {
    cwd: tree,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

describe('the recipes of CONTRIBUTING.md', () => {
  test('need few new files, and few lines in the files that list what there is', () => {
    expect(created).toEqual([
      'model/processes/suffix/suffix.ts',
      'analysis/measures/repeats.ts',
      'report/figures/repeats.ts',
      'corpus/ring.ts',
      'model/networks/linear.ts',
    ])
    expect(Object.fromEntries(lines)).toEqual({
      'model/process.ts': 4,
      'analysis/measures/table.ts': 2,
      'report/figures/table.ts': 2,
      'run/source.ts': 4,
      'model/network.ts': 9,
    })
  })

  const grammar = '--v 6 --m 2 --s 2 --L 2 --P 12 --Q 12 --steps 300 --checkpoints 4'.split(' ')

  test('a process: trains, samples and is measured as any other', () => {
    cli('train', 'suffix', ...grammar, '--process', 'suffix')
    cli('analyse', 'suffix', '--samples', '200', '--strings', '12')
    const records = readFileSync(join(tree, 'suffix/analysis.jsonl'), 'utf8').trim().split('\n')
    const [first, last] = [records[0]!, records.at(-1)!].map((line) => JSON.parse(line))
    // Twelve strings seen a thousand times: the exact likelihood of a memoriser is ln P.
    expect(first.losses.train.mean).toBeGreaterThan(6)
    expect(last.losses.train.mean).toBeLessThan(Math.log(12) + 0.4)
    expect(last.copies.rate).toBeGreaterThan(0.7)
  })

  test('a metric with its figure: stands in records, tables and the page', () => {
    cli('report', 'suffix')
    const record = JSON.parse(readFileSync(join(tree, 'suffix/analysis.jsonl'), 'utf8').split('\n')[0]!)
    expect(record.versions.repeats).toBe(1)
    expect(record.repeats.heldOut).toBeGreaterThan(0)
    expect(existsSync(join(tree, 'suffix/figures/I-repeats.svg'))).toBe(true)
    expect(readFileSync(join(tree, 'suffix/report.html'), 'utf8')).toContain('I. Repeated tokens')
    const { columns, rows } = JSON.parse(
      execFileSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { collect } from '${join(tree, 'dist/study/report.js')}'
           const rows = collect('suffix').findings.table('checkpoints')
           console.log(JSON.stringify({ columns: Object.keys(rows[0]), rows: rows.length }))`,
        ],
        { cwd: tree, encoding: 'utf8' },
      ),
    )
    expect(columns).toContain('repeats')
    expect(rows).toBe(record.step === 0 ? 5 : 4)
  })

  test('a source and a network: what is not known of its strings is absent, and the floor is the entropy', () => {
    writeFileSync(
      join(tree, 'ring.yaml'),
      'grammar: { v: 7, length: 5 }\ncorpus: { train: 24, test: 20 }\nmodel: { kind: linear }\nsteps: 300\ncheckpoints: { count: 4 }\n',
    )
    cli('train', 'ring', '--config', 'ring.yaml')
    cli('analyse', 'ring', '--samples', '100', '--strings', '20')
    cli('report', 'ring')
    const record = JSON.parse(
      readFileSync(join(tree, 'ring/analysis.jsonl'), 'utf8').trim().split('\n').at(-1)!,
    )
    expect(record.losses.floors.entropy).toBeCloseTo(2 * Math.log(7), 12)
    expect(record.losses.test.mean).toBeGreaterThan(record.losses.floors.entropy)
    expect(Object.keys(record).sort()).toEqual(
      ['copies', 'losses', 'nearest', 'repeats', 'samples', 'step', 'support', 'versions'].sort(),
    )
    // 24 of 49 equally likely strings: a generaliser copies as many by chance.
    expect(record.copies.expected).toBeCloseTo(24 / 49, 12)
    const page = readFileSync(join(tree, 'ring/report.html'), 'utf8')
    const shown = page.replace(/<svg.*?<\/svg>/gs, '')
    for (const absent of [
      'τ<sub>1</sub>',
      'A. Depth',
      'D. Against exact oracles',
      'novel, valid',
      'undefined',
      'NaN',
    ])
      expect(shown.includes(absent) && absent).toBe(false)
    expect(shown).toContain('τ<sub>floor</sub>')
  })
})
