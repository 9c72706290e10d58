import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measureSamples } from '../../analysis/record.js'
import { metricsOf } from '../../analysis/regression/metrics.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import type { Baseline } from '../../run/baseline.js'
import { grammarHash } from '../../run/source.js'
import '../../vitest/index.js'
import { cli, root } from '../cli/run-cli.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'matchers-'))
  cli(['grammar', 'new', '--v', '8', '--m', '3', '--s', '2', '--L', '3', '--out', 'grammar.json'], directory)
  // Held-out strings stand for a model's samples; the training strings for those of a model that copies.
  cli(
    ['corpus', '--grammar', 'grammar.json', '--train', '300', '--test', '600', '--out', 'corpus'],
    directory,
  )
  cpSync(join(directory, 'corpus/train.jsonl'), join(directory, 'train.jsonl'))
  cpSync(join(directory, 'corpus/test.jsonl'), join(directory, 'fresh.jsonl'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const files = ['--grammar', 'grammar.json', '--train', 'train.jsonl']

describe('baseline and check on the command line', () => {
  test('pass what has not changed, and name what moved with exit status 1', () => {
    const recorded = cli(['baseline', 'fresh.jsonl', ...files], directory)
    expect(recorded.code).toBe(0)
    expect(cli(['check', 'fresh.jsonl', ...files], directory).code).toBe(0)
    const copied = cli(['check', 'train.jsonl', ...files, '--across', '--json'], directory)
    expect(copied.code).toBe(1)
    expect(JSON.parse(copied.stdout)).toMatchObject({
      moved: ['copies'],
      across: [{ name: 'samples', before: 600, now: 300 }],
    })
    const said = cli(['check', 'train.jsonl', ...files, '--across'], directory)
    expect(said.stdout).toMatch(/copies .*100\.0 %.*moved/)
    expect(said.stderr).toMatch(/compared across samples: 600 → 300/)
  })

  test('refuse what does not compare, by the name of what differs', () => {
    const subject = 'fresh.jsonl'
    expect(cli(['check', 'train.jsonl', ...files], directory).stderr).toMatch(
      /baseline.samples: got 600, expected 300, as of the subject, or --across/,
    )
    expect(cli(['check', subject, '--grammar', 'grammar.json'], directory).stderr).toMatch(
      /baseline.P: got 300, expected none, as of the subject, or --across/,
    )
    expect(
      cli(['check', subject, '--grammar', 'grammar.json', '--train', 'fresh.jsonl'], directory).stderr,
    ).toMatch(/baseline.P: got 300, expected 600/)
    const baseline = JSON.parse(readFileSync(join(directory, 'baseline.json'), 'utf8'))
    const old = { ...baseline, conditions: { ...baseline.conditions, measures: 'copies 1, levels 2' } }
    writeFileSync(join(directory, 'old.json'), JSON.stringify(old))
    expect(cli(['check', subject, ...files, '--baseline', 'old.json'], directory).stderr).toMatch(
      /baseline.measures: got "copies 1, levels 2", expected samples 1, copies 2, levels 2/,
    )
    writeFileSync(join(directory, 'older.json'), JSON.stringify({ ...baseline, version: 1 }))
    expect(cli(['check', subject, ...files, '--baseline', 'older.json'], directory)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/version.*record it again/),
    })
    const damaged = structuredClone(baseline)
    damaged.metrics.copies.tally = [0, 0]
    writeFileSync(join(directory, 'damaged.json'), JSON.stringify(damaged))
    expect(cli(['check', subject, ...files, '--baseline', 'damaged.json'], directory)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/metrics.copies.tally/),
    })
  })

  test('refuse another grammar, a missing file and a rate that is none', () => {
    cli(
      [
        'grammar',
        'new',
        '--v',
        '8',
        '--m',
        '3',
        '--s',
        '2',
        '--L',
        '3',
        '--seed',
        '9',
        '--out',
        'other.json',
      ],
      directory,
    )
    const cases: [string[], RegExp][] = [
      [
        ['check', 'fresh.jsonl', '--grammar', 'other.json'],
        /baseline.grammar: got "[0-9a-f]{64}", expected [0-9a-f]{64}, as of the subject, or --across/,
      ],
      [['check', 'nowhere', ...files], /subject: got "nowhere", expected a run directory/],
      [['check', 'fresh.jsonl'], /--grammar: got nothing|--grammar/],
      [
        ['check', 'fresh.jsonl', ...files, '--false-alarm', '2'],
        /--false-alarm: got 2, expected a probability/,
      ],
      [['check', 'fresh.jsonl', ...files, '--baseline', 'grammar.json'], /grammar.json/],
    ]
    for (const [args, message] of cases) {
      const { code, stderr } = cli(args, directory)
      expect(code).toBe(2)
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(stderr).toMatch(message)
    }
  })
})

describe('matchers', () => {
  test('neither pass nor pass negated where the samples cannot tell', async () => {
    const source = rhmSource(compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: '1' })))
    const few = drawCorpus(source, { train: 3, test: 3, seed: '1' }).train
    const metrics = await measureSamples(source, few)
    expect(() => expect(metrics).toAcquireLevel(3, 0.9)).toThrow(/expected level 3 to be acquired/)
    expect(() => expect(metrics).not.toAcquireLevel(3, 0.9)).toThrow(/expected level 3 not to be acquired/)
    expect(() => expect(metrics).toAcquireLevel(4)).toThrow(/levels are 1 to 3/)
    expect(() => expect(metrics).toCopyAtMost(2)).toThrow(/share: got 2/)
    expect(() => expect(metrics).not.toCopyAtMost(-1)).toThrow(/share: got -1/)
    expect(() => expect(metrics).toAcquireLevel(1, Number.NaN)).toThrow(/threshold: got/)
    const copied = {
      ...metrics,
      levels: metrics.levels!.map((one) => ({ ...one, acquisitionInterval: null })),
    }
    expect(() => expect(copied).toAcquireLevel(1)).toThrow(/q_1 undefined/)
    expect(() => expect(copied).not.toAcquireLevel(1)).toThrow(/q_1 undefined/)
    expect(() => expect(metrics).toCopyAtMost(0.1)).toThrow(/copies were not counted/)
  })

  test('compare samples with a baseline only in the language that it was recorded in', async () => {
    const [source, other] = ['1', '2'].map((seed) =>
      rhmSource(compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed }))),
    )
    const { train, test: fresh } = drawCorpus(source!, { train: 300, test: 600, seed: '1' })
    const metrics = await measureSamples(source!, fresh, { train })
    const baseline: Baseline = {
      format: 'pcfg-diffusion baseline',
      version: 2,
      conditions: { grammar: grammarHash(source!.file) },
      metrics: { ...metricsOf(metrics) },
    }
    await expect(metrics).toMatchBaseline(baseline, { source: source! })
    const copied = await measureSamples(source!, train, { train })
    await expect(copied).not.toMatchBaseline(baseline, { source: source! })
    await expect(expect(copied).toMatchBaseline(baseline, { source: source! })).rejects.toThrow(
      /moved from the baseline: copies 0\.0000 → 1\.0000/,
    )
    // Without the source nothing says what language was measured, and of another one nothing compares: negated, too.
    for (const matcher of [expect(metrics), expect(metrics).not]) {
      await expect(matcher.toMatchBaseline(baseline)).rejects.toThrow(/name the language .*\{ source \}/)
      await expect(matcher.toMatchBaseline(baseline, { source: other! })).rejects.toThrow(
        /the baseline is of another grammar/,
      )
    }
  })

  test('work in a suite of another project', () => {
    const project = join(directory, 'project')
    mkdirSync(join(project, 'node_modules'), { recursive: true })
    symlinkSync(root, join(project, 'node_modules/pcfg-diffusion'))
    symlinkSync(join(root, 'node_modules/vitest'), join(project, 'node_modules/vitest'))
    for (const file of ['grammar.json', 'train.jsonl', 'fresh.jsonl', 'baseline.json'])
      cpSync(join(directory, file), join(project, file))
    cpSync(join(import.meta.dirname, 'example/model.test.ts'), join(project, 'model.test.ts'))
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', project, '--reporter', 'json'],
      { cwd: project, encoding: 'utf8' },
    )
    const result = JSON.parse(stdout)
    expect([result.numPassedTests, result.numFailedTests]).toEqual([2, 1])
    const [failure] = result.testResults[0].assertionResults.flatMap(
      (test: { failureMessages: string[] }) => test.failureMessages,
    )
    expect(failure).toMatch(/moved from the baseline: copies 0\.\d+ → 1\.0000/)
  })
})
