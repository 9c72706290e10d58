import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringSet } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { cli } from '../cli/run-cli.js'

test('halves of a corpus are disjoint, share their test strings, and test strings are in neither', () => {
  for (const replacement of [false, true]) {
    const source = rhmSource(
      compile(
        randomRhm({
          v: 8,
          m: 3,
          s: 2,
          L: 3,
          seed: 'half',
          weights: replacement ? { kind: 'zipf', exponent: 1 } : undefined,
        }),
      ),
    )
    const spec = { train: 100, test: 50, seed: 'half' }
    const [first, second] = (['first', 'second'] as const).map((half) =>
      drawCorpus(source, { ...spec, half }),
    )
    const seen = stringSet(first!.train)
    const meets = (strings: typeof first extends undefined ? never : NonNullable<typeof first>['train']) =>
      Array.from({ length: strings.count }, (_, i) => seen.find(strings.tokens, i * strings.length)).filter(
        (at) => at >= 0,
      ).length
    expect(meets(second!.train)).toBe(0)
    expect(first!.test.tokens).toEqual(second!.test.tokens)
    expect(meets(first!.test)).toBe(0)
  }
})

describe('on the command line', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'stop-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const flags = [
    '--v',
    '6',
    '--m',
    '2',
    '--s',
    '2',
    '--L',
    '3',
    '--P',
    '16',
    '--Q',
    '64',
    '--layers',
    '1',
    '--steps',
    '1500',
    '--checkpoints',
    '12',
  ]
  const run = (...args: string[]) => cli(args, directory)
  const weights = (name: string) => {
    const folder = join(directory, name, 'checkpoints')
    return readdirSync(folder)
      .filter((file) => file.endsWith('.safetensors'))
      .map((file) => readFileSync(join(folder, file)))
  }

  test('early stopping ends a run in time; without the rule it goes on to the same bits', () => {
    const stopped = run(
      'train',
      'early',
      ...flags,
      '--early-stop',
      'train-below-floor',
      '--samples',
      '100',
      '--json',
    )
    const outcome = JSON.parse(stopped.stdout)
    expect(outcome).toMatchObject({ kind: 'stopped', verdict: { rule: 'train-below-floor' } })
    expect(outcome.step).toBeLessThan(1500)
    expect(outcome.verdict.keep).toBeLessThan(outcome.step)
    expect(stopped.stderr).toMatch(/Use step \d+; stopped at \d+/)
    // Asked again, it stays where it is.
    const again = run('train', 'early', '--early-stop', 'train-below-floor', '--samples', '100', '--json')
    expect(JSON.parse(again.stdout).step).toBe(outcome.step)
    run('train', 'early')
    run('train', 'whole', ...flags)
    expect(weights('early')).toEqual(weights('whole'))
  })

  test('all six rules side by side, with another half and a pilot', () => {
    const half = (name: 'first' | 'second') => run('train', name, ...flags, '--set', `corpus.half=${name}`)
    expect(half('first').code).toBe(0)
    expect(half('second').code).toBe(0)
    run('train', 'small', ...flags.map((flag) => (flag === '16' ? '8' : flag)))
    for (const name of ['first', 'small']) run('analyse', name, '--samples', '100', '--strings', '32')
    const { stdout } = run('stop', 'first', '--half', 'second', '--pilot', 'small', '--json')
    const { rules } = JSON.parse(stdout)
    expect(rules.map(({ rule }: { rule: string }) => rule)).toEqual([
      'test-minimum',
      'train-below-floor',
      'bound',
      'nearest',
      'split-half',
      'pilot',
    ])
    for (const { rule, at } of rules.slice(0, 2)) expect(`${rule} ${at.kind}`).toBe(`${rule} reached`)
    expect(rules[4].at.kind).toBe('reached')
    expect(run('train', 'x', ...flags, '--early-stop', 'pilot').stderr).toMatch(
      /^error: --early-stop: got "pilot", expected --pilot RUN with it/m,
    )
    expect(run('stop', 'first', '--watch').stdout).toMatch(/test-minimum/)
    const wrong = run('stop', 'first', '--half', 'small')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(/--half: got "small", expected a run on the other half/)
    expect(run('train', 'x', ...flags, '--samples', '5').stderr).toMatch(
      /--samples: got "5", expected --early-stop RULE with it/,
    )
  })

  test('a study may train the twin of every run, and then judges it by split-half agreement too', () => {
    const study = `
name: twins
base:
  grammar: { v: 6, m: 2, s: 2, L: 3 }
  corpus: { train: 16, test: 64, half: first }
  model: { layers: 1 }
  steps: 800
  checkpoints: { count: 8 }
axes:
  - seed: ["1"]
analysis: { samples: 80, strings: 32 }
phenomena: { kinds: [split-half] }
`
    writeFileSync(join(directory, 'twins.yaml'), study)
    expect(run('study', 'run', 'twins.yaml').code).toBe(0)
    const cell = join('studies/twins/cells/seed=1')
    const { rows } = JSON.parse(readFileSync(join(directory, cell, 'phenomena/split-half.json'), 'utf8'))
    expect(rows).toHaveLength(9)
    // Untrained networks have learned nothing to disagree about; in the end each knows strings of its own.
    expect(rows[0].disagreement).toBeNull()
    expect(rows.at(-1).disagreement).toBeGreaterThan(0.3)
    const { rules } = JSON.parse(run('stop', cell, '--half', join(cell, 'other-half'), '--json').stdout)
    expect(rules.some(({ rule }: { rule: string }) => rule === 'split-half')).toBe(true)
    expect(readFileSync(join(directory, 'studies/twins/report.html'), 'utf8')).toMatch(/<td>split-half<\/td>/)
    writeFileSync(join(directory, 'none.yaml'), study.replace(', half: first', '').replace('twins', 'none'))
    expect(run('study', 'run', 'none.yaml').stderr).toMatch(/split-half.*runs with corpus.half/)
  })
})
