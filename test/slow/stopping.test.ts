import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckpointRecord } from '../../analysis/record.js'
import {
  jensenBound,
  nearestDivergence,
  pilotRule,
  splitHalfRule,
  testMinimum,
  trainBelowFloor,
} from '../../analysis/stopping/rules.js'
import { stringSet } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { cli } from '../cli/run-cli.js'

const steps = Array.from({ length: 30 }, (_, i) => Math.round(10 * 1.3 ** i))

/** A run whose test loss turns at `turn` and whose training loss crosses the entropy 10 at `floor`. */
function planted(turn: number, floor: number, standardError = 0.05): CheckpointRecord[] {
  return steps.map((step) => {
    const train = 10 - 1.5 * Math.log(step / floor)
    return {
      step,
      losses: {
        test: { mean: 11 + 0.4 * Math.log(step / turn) ** 2, standardError, perString: [], crossEntropy: [] },
        train: { mean: train, standardError, crossEntropy: [] },
        floors: { entropy: 10, train: 10, memoriser: Math.log(200) },
        jensenBound: 200 * Math.exp(-train),
      },
      nearest: { strings: 256, sampled: [0, 0.5, 0.5], heldOut: [0, 0.5, 0.5], divergence: 0 },
    } as unknown as CheckpointRecord
  })
}

describe('stopping rules on planted runs', () => {
  const records = planted(300, 900)

  test.each([
    ['test minimum', testMinimum(records), 300],
    ['train below H', trainBelowFloor(records), 900],
    // M = .25 where the train NELBO is ln(200/.25).
    ['bound', jensenBound(records), 900 * Math.exp((10 - Math.log(200 / 0.25)) / 1.5)],
    ['pilot of a quarter of the size', pilotRule(records, 400, { P: 100, records: planted(75, 200) }), 300],
  ] as const)('%s finds its time, inside its interval, and keeps the checkpoint before', (_, said, time) => {
    expect(said.at.kind === 'reached' && said.at.step / time).toBeCloseTo(1, 1)
    expect(said.interval![0]).toBeLessThanOrEqual(time)
    expect(said.interval![1]).toBeGreaterThanOrEqual(time)
    expect(said.keep).toBeLessThanOrEqual(1.3 * time)
    expect(said.keep).toBeGreaterThan(time / 1.5)
  })

  test('split-half looks for the rise that lasts, behind the hump of learning', () => {
    const hump = (step: number) => 0.5 * Math.exp(-(Math.log(step / 60) ** 2))
    const halves = steps.map((step) => ({
      step,
      disagreement: step < 20 ? null : 0.2 + hump(step) + 0.3 * Math.max(0, Math.log(step / 400)),
      perString: [],
    }))
    const said = splitHalfRule(records, halves)
    expect(said.at.kind === 'reached' && said.at.step / 400).toBeCloseTo(1, 0)
    expect(said.interval![0]).toBeGreaterThan(100)
    const falling = halves.map(({ step }) => ({ step, disagreement: 10 / step, perString: [] }))
    expect(splitHalfRule(records, falling).at.kind).toBe('censored')
  })

  test('none fires on a run that only gets better, and the last checkpoint is kept', () => {
    const better = planted(1e6, 1e6)
    for (const said of [
      testMinimum(better),
      trainBelowFloor(better),
      jensenBound(better),
      nearestDivergence(better),
    ]) {
      expect(said.at.kind).toBe('censored')
      expect(said.interval).toBeNull()
      expect(said.keep).toBe(steps.at(-1))
    }
  })
})

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
