import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { pcfgMoments } from '../../grammar/inference/moments.js'
import { pcfgInference } from '../../grammar/inference/pcfg-inference.js'
import { tilings } from '../../grammar/inference/tiling.js'
import { type LayeredOptions, layeredGrammar, layersOf } from '../../grammar/pcfg/layered.js'
import { formatPcfg, parsePcfg } from '../../grammar/pcfg/notation.js'
import { type PcfgTree, usefulPart } from '../../grammar/pcfg/pcfg.js'
import { parseRulesJson } from '../../grammar/pcfg/rules-json.js'
import { samplePcfg, yieldOf } from '../../grammar/pcfg/sample.js'
import cfg3b from '../vectors/cfg3b.json' with { type: 'json' }

const options: fc.Arbitrary<LayeredOptions> = fc
  .record({
    levels: fc.integer({ min: 1, max: 3 }),
    symbols: fc.integer({ min: 2, max: 4 }),
    m2: fc.integer({ min: 0, max: 2 }),
    m3: fc.integer({ min: 0, max: 2 }),
    overlap: fc.constantFrom(0, 0.5),
    repeat: fc.boolean(),
    seed: fc.string(),
  })
  .filter(({ m2, m3 }) => m2 + m3 > 0)
  .map(({ m2, m3, ...rest }) => ({ ...rest, rules: { 2: m2, 3: m3 } }))

describe('layered grammars', () => {
  test('are normalised, use each right-hand side once per level without overlap, and read back from text', () => {
    fc.assert(
      fc.property(options, (given) => {
        const { grammar } = layeredGrammar(given)
        const sums = new Map<number, number>()
        for (const { left, probability } of grammar.rules) sums.set(left, (sums.get(left) ?? 0) + probability)
        for (const sum of sums.values()) expect(sum).toBeCloseTo(1, 12)
        const rights = grammar.rules.filter(({ left }) => left > 0).map(({ right }) => JSON.stringify(right))
        if (given.overlap === 0) expect(new Set(rights).size).toBe(rights.length)
      }),
    )
    const { grammar } = layeredGrammar({ levels: 2, symbols: 2, rules: { 2: 1, 3: 1 }, seed: 'text' })
    const text = formatPcfg(usefulPart(grammar))
    expect(formatPcfg(parsePcfg(text))).toBe(text)
  })

  test('their strings tile at every level; unambiguous ones have one parse, overlapping ones may have more', () => {
    let several = 0
    fc.assert(
      fc.property(options, fc.nat(), (given, seed) => {
        const layered = layeredGrammar(given)
        const tree = samplePcfg(layered.grammar, stream(`${seed}`, 'layered'))
        const tokens = yieldOf(tree)
        const result = tilings(layered)(tokens)
        expect(result.length).toBe(given.levels + 1)
        for (const { valid, covered } of result) expect([valid, covered]).toEqual([true, 1])
        if (tokens.length > 20) return
        const parses = pcfgInference(layered.grammar).countParses(tokens)
        if (parses > 1n) several++
      }),
    )
    expect(several).toBeGreaterThan(0)
  })

  test('a broken token spoils levels from the leaves up and leaves the rest of the string covered', () => {
    const layered = layeredGrammar({ levels: 2, symbols: 4, rules: { 2: 1 }, seed: 'broken' })
    const tokens = yieldOf(samplePcfg(layered.grammar, stream('broken', 'string')))
    const tile = tilings(layered)
    const legal = new Set(
      layered.grammar.rules
        .filter(({ left }) => layered.levels[1]!.includes(left))
        .map(({ right }) => right.map(({ id }) => id).join()),
    )
    const wrong = [0, 1, 2, 3].find((a) => !legal.has([a, tokens[1]].join()))!
    const [first, second, whole] = tile([wrong, ...tokens.slice(1)])
    expect(first!.valid).toBe(false)
    expect(first!.covered).toBeGreaterThanOrEqual(0.5)
    expect([second!.valid, whole!.valid]).toEqual([false, false])
  })

  test.each([
    [{ levels: 0, symbols: 2, rules: { 2: 1 }, seed: '' }, /levels: got 0/],
    [{ levels: 1, symbols: 2, rules: { 2: 3 }, seed: '' }, /m2: got 3, expected at most 2 rules of length 2/],
    [{ levels: 1, symbols: 2, rules: { 2: 1 }, overlap: 2, seed: '' }, /overlap: got 2/],
  ])('say what does not fit: %j', (given, message) => {
    expect(() => layeredGrammar(given)).toThrow(message)
  })
})

test('a tree of a layered grammar has one level less at every step down', () => {
  const { grammar } = layeredGrammar({ levels: 3, symbols: 3, rules: { 2: 1, 3: 1 }, seed: 'depth' })
  const depth = (tree: PcfgTree | number): number =>
    typeof tree === 'number' ? 0 : 1 + depth(tree.children[0]!)
  expect(depth(samplePcfg(grammar, stream('depth', 'x')))).toBe(4)
})

describe('rules as a JSON object', () => {
  // The shape of the published layered grammars, one level cut down: symbols are numbers, the root is used by no rule.
  const rules = {
    '7': [
      [6, 5],
      ['5', '6', '5'],
    ],
    '6': [
      [3, 2],
      [2, 1, 3],
    ],
    '5': ['1 2', '3 3 1'],
  }

  test('are a grammar with equal probabilities, layered by its rules', () => {
    const grammar = parseRulesJson(rules)
    expect(grammar.nonterminals[grammar.start]).toBe('7')
    expect([...grammar.terminals].sort()).toEqual(['1', '2', '3'])
    expect(grammar.rules.every(({ probability }) => probability === 0.5)).toBe(true)
    const { levels } = layersOf(grammar)
    expect(levels.slice(1).map((ids) => ids.map((id) => grammar.nonterminals[id]))).toEqual([['5', '6']])
    expect(parseRulesJson({ rules: { a: ['b'], c: ['d'], S: ['a c'] }, start: 'S' }).terminals).toEqual([
      'b',
      'd',
    ])
  })

  test('the published cfg3b is read, layered and recognised', () => {
    const grammar = parseRulesJson(cfg3b)
    expect(grammar.terminals.map(Number).sort()).toEqual([1, 2, 3])
    const layered = layersOf(grammar)
    expect(layered.levels.map((ids) => ids.length)).toEqual([0, 3, 3, 3, 3, 3])
    const { expectedLength, partition } = pcfgMoments(grammar)
    expect(partition).toBeCloseTo(1, 12)
    expect(expectedLength).toBeGreaterThan(200)
    const tokens = yieldOf(samplePcfg(grammar, stream('cfg3b', 'string')))
    for (const { valid } of tilings(layered)(tokens)) expect(valid).toBe(true)
    const spoilt = tokens.map((token, i) => (i === 100 ? (token + 1) % 3 : token))
    expect(tilings(layered)(spoilt).at(-1)!.valid).toBe(false)
  })

  test('layers found from rules are those a layered grammar was drawn with; mixed grammars have none', () => {
    const drawn = layeredGrammar({ levels: 3, symbols: 3, rules: { 2: 1, 3: 1 }, seed: 'layers' })
    expect(layersOf(drawn.grammar).levels).toEqual(drawn.levels)
    expect(layersOf(parsePcfg("S -> A 'x' [1]\nA -> 'a' [1]")).levels).toEqual([[]])
    expect(layersOf(parsePcfg("S -> S 'x' [.5] | 'x' [.5]")).levels).toEqual([[]])
  })

  test.each([
    [[], /^grammar: got \[\], expected an object of rules/],
    [{ a: 'b' }, /^grammar\.a: got "b", expected a list/],
    [{ a: [{}] }, /^grammar\.a\[0\]/],
    [{ a: ['x'], b: ['y'] }, /^grammar\.start: got \["a","b"\]/],
  ])('say what does not fit: %j', (value, message) => {
    expect(() => parseRulesJson(value)).toThrow(message)
  })
})
