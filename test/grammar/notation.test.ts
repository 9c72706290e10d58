import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { formatPcfg, parsePcfg } from '../../grammar/pcfg/notation.js'
import { samplePcfg, yieldOf } from '../../grammar/pcfg/sample.js'

const TOY = `
%start S
S -> NP VP [0.8] | VP      # the rest goes to the second
NP -> 'the' N
N -> 'dog' [.5] | "cat" [.5]
VP -> 'runs' [0.7]
VP -> 'sees' NP [0.3]
`

describe("NLTK's notation", () => {
  test('reads alternatives, comments, both quotes and shares out missing probability', () => {
    const grammar = parsePcfg(TOY)
    expect(grammar.nonterminals).toEqual(['S', 'NP', 'N', 'VP'])
    expect(grammar.terminals).toEqual(['the', 'dog', 'cat', 'runs', 'sees'])
    expect(grammar.rules.map((rule) => Number(rule.probability.toFixed(12)))).toEqual([
      0.8, 0.2, 1, 0.5, 0.5, 0.7, 0.3,
    ])
  })

  test('is written so that it reads back to the same grammar', () => {
    const grammar = parsePcfg(TOY)
    expect(parsePcfg(formatPcfg(grammar))).toEqual(grammar)
  })

  test('takes an empty right-hand side as ε', () => {
    const grammar = parsePcfg("S -> 'a' S [0.5] | [0.5]")
    expect(grammar.rules[1]!.right).toEqual([])
  })

  test.each([
    ["S -> 'a' [1e-1]", /^g:1:10: /],
    ["S -> 'a' [0.5] | 'b' [0.4]", /^g:1:1: got 0.9, expected probabilities of S that sum to 1/],
    ["S - 'a'", /^g:1:3: /],
    ['S -> T\n', /^g:1:6: got "T", expected a symbol that has rules/],
    ["%start X\nS -> 'a'", /^g:1:8: got "X"/],
    ["S -> 'a' [0.5] 'b'", /^g:1:16: /],
    ['', /^g: .*at least one rule/],
    ["S -> 'a'\nT -> 'b'", /^g: got "T", expected a symbol that can be reached/],
    ["S -> 'a' [0.5] | T [0.5]\nT -> T 'a'", /^g: got "T", expected a symbol from which some string/],
  ])('refuses %j with line:column', (text, message) => {
    expect(() => parsePcfg(text, 'g')).toThrow(message)
  })
})

describe('sampling a PCFG', () => {
  test('follows the rule probabilities', () => {
    const grammar = parsePcfg(TOY)
    const random = stream('0', 'test')
    const draws = Array.from({ length: 4000 }, () => yieldOf(samplePcfg(grammar, random)))
    const withSubject = draws.filter((tokens) => grammar.terminals[tokens[0]!] === 'the').length / 4000
    expect(Math.abs(withSubject - 0.8)).toBeLessThan(5 * Math.sqrt((0.8 * 0.2) / 4000))
  })

  test('of a grammar that does not end is refused, not looped over', () => {
    const grammar = parsePcfg("S -> S S [0.9] | 'a' [0.1]")
    expect(() => samplePcfg(grammar, stream('0', 'test'), 1000)).toThrow(/^maxTokens: got 1000/)
  })
})
