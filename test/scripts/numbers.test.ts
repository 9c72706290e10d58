import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { grammarHash, sourceOf } from '../../run/source.js'
import { renew } from '../../scripts/numbers/markers.js'
import { textOf } from '../../scripts/numbers/name.js'
import { openResults } from '../../scripts/numbers/study-results.js'

describe('marked text', () => {
  const known: Readonly<Record<string, string>> = { 'a size': '188', 'a table': '| P |\n| --- |\n| 32 |' }
  const nameless = (name: string): string => {
    const value = known[name]
    if (value === undefined) throw new Error(`no ${name}`)
    return value
  }

  const OLD = [
    '# Title',
    'At P = <!--= a size -->32<!--/--> and <!--= a size -->188<!--/-->.',
    '| row | <!--= a size --><!--/--> |',
    '',
    '<!--= a table -->',
    '| P |',
    '| --- |',
    '| 64 |',
    '<!--/-->',
  ].join('\n')

  test('becomes what its name stands for, and everything else stays', () => {
    expect(renew(OLD, nameless).text).toBe(
      OLD.replace('-->32<', '-->188<').replace('--><!--/--> |', '-->188<!--/--> |').replace('64', '32'),
    )
  })

  test('is found where it disagrees: its line, what stands there and what should', () => {
    const { disagreements, mistakes } = renew(OLD, nameless)
    expect(mistakes).toEqual([])
    expect(disagreements).toEqual([
      { line: 2, name: 'a size', problem: '"32" should be "188"' },
      { line: 3, name: 'a size', problem: '"" should be "188"' },
      { line: 8, name: 'a table', problem: '"| 64 |" should be "| 32 |"' },
    ])
  })

  test('does not change when it is written again', () => {
    const { text } = renew(OLD, nameless)
    expect(renew(text, nameless)).toEqual({ text, disagreements: [], mistakes: [] })
  })

  test.each([
    ['an unknown name', 'At <!--= b size -->32<!--/-->.', 'no b size'],
    ['a marker without end', 'At <!--= a size -->32.', 'one half'],
    ['an end without marker', 'At 32<!--/-->.', 'one half'],
    ['a marker inside another', 'At <!--= a size -->3 <!--= a size -->2<!--/-->.', 'another marker'],
    ['a number that begins a line', '- <!--= a size -->188<!--/--> steps', 'begins a line'],
    ['a table inside a line', 'Table: <!--= a table -->\n| P |\n<!--/-->', 'inside a line'],
  ])('%s is refused and left as it is', (_, document, problem) => {
    const { text, mistakes } = renew(document, nameless)
    expect(text).toBe(document)
    expect(mistakes).toEqual([
      expect.objectContaining({ line: 1, problem: expect.stringContaining(problem) }),
    ])
  })
})

describe('names', () => {
  const root = mkdtempSync(join(tmpdir(), 'numbers-'))
  afterAll(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'docs/results'), { recursive: true })
  mkdirSync(join(root, 'presets'))
  const grammar = { v: 8, m: 2, s: 2, L: 2 }
  const preset = (name: string) =>
    writeFileSync(
      join(root, `presets/${name}.yaml`),
      `name: ${name}\nbase: { grammar: ${JSON.stringify(grammar)}, corpus: { test: 8 } }\naxes: [{ corpus.train: [8, 16, 32] }, { grammar.seed: ["1", "2", "3"] }]`,
    )
  // Level 1 at step 100·seed whatever P is, level 2 four times later; the test loss turns at 10·P, but at P = 32 no one has seen it.
  const lines = [8, 16, 32].flatMap((P) =>
    [1, 2, 3].flatMap((seed) => {
      const hash = grammarHash(sourceOf({ ...grammar, seed: `${seed}`, sameRules: false }).file).slice(0, 12)
      const clocks = { τ_1: 100 * seed, τ_2: 400 * seed, τ_test: P < 32 ? 10 * P : undefined }
      return Object.entries(clocks).map(
        ([clock, step]) =>
          `P=${P}+grammar-seed=${seed},${hash},7,${clock},${step !== undefined},${step ?? ''},5000`,
      )
    }),
  )
  const head = 'run,grammar,parameters,clock,reached,steps,watched_steps'
  for (const name of ['planted', 'told']) {
    preset(name)
    writeFileSync(join(root, `docs/results/${name}.csv`), `${[head, ...lines].join('\n')}\n`)
  }
  const digest = {
    runs: { 'P=8+grammar-seed=1': { copied: [{ level: 2, copied: 0.42, expected: 0.04 }] } },
    collapses: [{ name: 'memorised', collapse: { apart: 0.0921, linear: null, exponent: 2.7 } }],
    costs: [{ rule: 'pilot', fired: 2, runs: 6, memorised: 0.024, novelValid: 0.2, testLost: 1.254 }],
  }
  writeFileSync(join(root, 'docs/results/told.json'), JSON.stringify(digest))
  writeFileSync(
    join(root, 'docs/results/planted-rows.json'),
    JSON.stringify({ shares: [{ rate: 0.5, of: null }], speeds: [{ size: 'small', 'JAX scan': 1.3 }] }),
  )
  writeFileSync(join(root, 'docs/results/lonely.csv'), 'run\n')
  const results = openResults(root)

  test.each([
    ['planted exponent τ_1', 'P^0.00 [0.00, 0.00]'],
    ['planted ratio τ_2/τ_1', '4.0 [4.0, 4.0]'],
    ['planted step τ_test P=16', '160 [160, 160]'],
    ['planted step τ_test P=32', '0 of 3'],
    ['planted struck τ_test', '6 of 9'],
    ['planted struck τ_test P≥16', '3 of 6'],
    ['planted sizes P≤16', '8 to 16'],
    ['planted watched', '5,000'],
    ['told cost pilot memorised', '2.4 %'],
    ['told cost pilot fired', '2 of 6'],
    ['told collapse memorised apart', '.092'],
    // JSON has no ∞.
    ['told collapse memorised linear', 'no overlap'],
    ['rows planted-rows shares', '| rate | of |\n| --- | --- |\n| 0.5 | – |'],
    ['row planted-rows speeds small JAX scan', '1.3'],
  ])('%s is %s', (name, text) => {
    expect(textOf(results, name)).toBe(text)
  })

  test.each([
    ['planted exponents τ_1', 'no quantity exponents'],
    ['planted exponent τ_9', 'no run has τ_9'],
    ['planted exponent τ_oral', 'no clock τ_oral'],
    ['planted step τ_1', 'of one P'],
    ['planted struck τ_1 P>=16', 'P>=16 says nothing to struck'],
    ['planted threshold 1 row', 'no row'],
    ['planted struck τ_1 P=9', 'no runs'],
    ['told cost pilot memorised P=8', 'of a whole study only'],
    ['told cost pilot memory', 'no memory'],
    ['told copied 2 P=8', 'several runs'],
    ['planted cost-table', 'no docs/results/planted.json'],
    ['other struck τ_1', 'no docs/results/other.csv'],
    ['rows planted-rows share', 'no rows share'],
    ['row planted-rows speeds large JAX scan', 'no row large'],
  ])('%s is refused: %s', (name, message) => {
    expect(() => textOf(results, name)).toThrow(message)
  })

  test('results of other runs than the preset has are refused', () => {
    writeFileSync(
      join(root, 'presets/half.yaml'),
      'name: half\nbase: { grammar: { v: 8, m: 2, s: 2, L: 2 }, corpus: { train: 8 } }',
    )
    writeFileSync(join(root, 'docs/results/half.csv'), `${[head, ...lines].join('\n')}\n`)
    expect(() => textOf(results, 'half struck τ_1')).toThrow('other runs than presets/half.yaml')
  })

  test('a result file that nobody reads is named', () => {
    expect(results.unread()).toEqual(['docs/results/lonely.csv'])
  })
})
