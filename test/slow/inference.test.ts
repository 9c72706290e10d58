import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli } from '../cli/run-cli.js'

let directory: string
const TOY = `S -> NP VP [1.0]
VP -> V NP [0.6] | VP PP [0.4]
NP -> 'the' N [0.6] | NP PP [0.4]
PP -> 'with' NP [1]
N -> 'man' [.5] | 'dog' [.5]
V -> 'saw'
`
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'inference-'))
  writeFileSync(join(directory, 'toy.pcfg'), TOY)
  writeFileSync(join(directory, 'toy.txt'), 'the man saw the dog with the man\nthe _ saw the dog\nthe the\n')
  cli(
    ['grammar', 'new', '--v', '4', '--m', '2', '--s', '2', '--L', '2', '--seed', '1', '--out', 'g.json'],
    directory,
  )
  const drawn = cli(['oracle', 'sample', '--grammar', 'g.json', '--count', '3'], directory).stdout
  const strings = drawn
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { tokens: number[] }).tokens)
  writeFileSync(
    join(directory, 'g.txt'),
    `${strings.map((tokens) => tokens.join(' ')).join('\n')}\n_ _ _ _\n`,
  )
})
afterAll(() => rmSync(directory, { recursive: true }))

const lines = (...args: string[]) => {
  const { code, stdout, stderr } = cli([...args, '--json'], directory)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('questions about strings, one JSON line per line in', () => {
  test('logprob under a PCFG: probability, parses, best parse; null where impossible', () => {
    const [ambiguous, hidden, impossible] = lines('logprob', '--grammar', 'toy.pcfg', 'toy.txt')
    expect(ambiguous!.parses).toBe('2')
    // Attaching to the verb phrase and to the noun phrase cost 0.4 each: the string's probability is twice one tree's.
    const best = ambiguous!.best as { logProb: number; tree: string }
    expect(ambiguous!.logProb).toBeCloseTo(best.logProb + Math.log(2), 12)
    expect(best.tree).toMatch(/^\(S \(NP the \(N man\)\) \(VP /)
    expect(hidden!.logProb).toBeCloseTo(Math.log(0.6 * 0.6 * 0.6 * 0.5), 12)
    expect(impossible).toEqual({ logProb: null, parses: '0', best: null })
  })

  test('posterior and edit-distance', () => {
    const [, hidden, impossible] = lines('posterior', '--grammar', 'toy.pcfg', 'toy.txt')
    const at = (hidden!.marginals as number[][])[1]!
    expect([...at].sort()).toEqual([0, 0, 0, 0.5, 0.5])
    expect((impossible!.marginals as number[][]).flat().every((p) => p === 0)).toBe(true)
    expect(lines('edit-distance', '--grammar', 'toy.pcfg', 'toy.txt')).toEqual([
      { distance: 0 },
      { distance: 0 },
      { distance: null },
    ])
  })

  test('a hierarchical grammar answers from its tree: samples of its posterior are strings of it', () => {
    const answers = lines('logprob', '--grammar', 'g.json', 'g.txt')
    for (const { logProb, parses } of answers.slice(0, 3)) {
      expect(logProb).toBeCloseTo(-Math.log(4 * 2 ** 3), 9)
      expect(parses).toBe('1')
    }
    expect(answers[3]).toMatchObject({ logProb: 0, parses: String(4 * 2 ** 3) })
    expect(lines('edit-distance', '--grammar', 'g.json', 'g.txt')[0]).toEqual({ distance: 0, levels: [0, 0] })
    expect(lines('parse', '--grammar', 'g.json', 'g.txt')[0]!.tree).toMatch(/^\(S \(L2_\d \(L1_\d \d \d\)/)
  })

  test('samples of a layered grammar tile at every level; broken ones below a level they break', () => {
    const layered = cli(['grammar', 'layered', '--levels', '2', '--symbols', '3', '--seed', '4'], directory)
    writeFileSync(join(directory, 'cfg.pcfg'), layered.stdout)
    const drawn = cli(['grammar', 'sample', 'cfg.pcfg', '--count', '40'], directory).stdout
    writeFileSync(join(directory, 'good.txt'), drawn)
    const [metrics] = lines(
      'analyse',
      '--grammar',
      'cfg.pcfg',
      '--samples',
      'good.txt',
      '--train',
      'good.txt',
    )
    const levels = metrics!.levels as { level: number; valid: number; covered: number }[]
    expect(levels.map(({ valid, covered }) => [valid, covered])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ])
    expect(metrics!.copies).toMatchObject({ rate: 1 })
    writeFileSync(join(directory, 'bad.txt'), '0\n')
    const [broken] = lines('analyse', '--grammar', 'cfg.pcfg', '--samples', 'bad.txt')
    expect((broken!.levels as { valid: number }[]).map(({ valid }) => valid)).toEqual([0, 0, 0])
    expect(broken!.ambiguous).toBe(null)
  })

  test('a grammar’s moments', () => {
    expect(lines('grammar', 'stats', 'toy.pcfg')[0]).toMatchObject({
      nonterminals: 6,
      rules: 9,
      partition: expect.closeTo(1, 9),
      expectedLength: expect.closeTo(23, 9),
    })
  })
})

test.each([
  [
    ['logprob', '--grammar', 'toy.pcfg', 'bad.txt'],
    'the cat\n',
    /^error: bad.txt:1: got "cat", expected a token/,
  ],
  [
    ['posterior', '--grammar', 'g.json', 'bad.txt'],
    '0 1\n',
    /^error: bad.txt:1: got "2 tokens", expected strings of 4/,
  ],
  [['parse', '--grammar', 'toy.pcfg', 'bad.txt'], `${'the '.repeat(5000)}\n`, /expected at most \d+ tokens/],
  [
    ['oracle', 'sample', '--grammar', 'g.json', '--depth', '3'],
    '',
    /--depth: got 3, expected a level of the grammar/,
  ],
])('bad input is one line and exit 2: %j', (args, text, message) => {
  writeFileSync(join(directory, 'bad.txt'), text)
  const { code, stdout, stderr } = cli(args, directory)
  expect(stderr).toMatch(message)
  expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
})
