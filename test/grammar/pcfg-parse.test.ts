import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { bracketed } from '../../grammar/pcfg/bracketed.js'
import { parsePcfg } from '../../grammar/pcfg/notation.js'
import type { Pcfg, PcfgTree } from '../../grammar/pcfg/pcfg.js'
import { samplePcfg, yieldOf } from '../../grammar/pcfg/sample.js'
import { parsePcfgString } from '../reference/earley.js'

const GRAMMARS: Record<string, string> = {
  'left recursion': "E -> E '+' T [0.4] | T [0.6]\nT -> 'x' [0.5] | '(' E ')' [0.5]",
  ambiguity: "S -> S S [0.4] | 'a' [0.3] | 'b' [0.3]",
  'unary cycles': "A -> B [0.5] | 'a' [0.5]\nB -> A [0.5] | 'b' 'b' [0.5]",
  'empty rules': "S -> A B A [0.9] | [0.1]\nA -> 'a' A [0.5] | [0.5]\nB -> 'b' [0.6] | A [0.4]",
  'right-hand sides of length five': "S -> 'a' S 'b' S 'c' [0.3] | 'd' [0.7]",
}

/** Every rule application in the tree is a rule of the grammar. */
function isDerivation(grammar: Pcfg, tree: PcfgTree): boolean {
  const matches = grammar.rules.some(
    ({ left, right }) =>
      left === tree.symbol &&
      right.length === tree.children.length &&
      right.every((symbol, i) => {
        const child = tree.children[i]!
        return typeof child === 'number'
          ? symbol.kind === 'terminal' && symbol.id === child
          : symbol.kind === 'nonterminal' && symbol.id === child.symbol
      }),
  )
  return matches && tree.children.every((child) => typeof child === 'number' || isDerivation(grammar, child))
}

/** All strings of up to `length` tokens in the language, by exhaustive rewriting of the leftmost nonterminal. */
function shortStrings(grammar: Pcfg, length: number): Set<string> {
  const found = new Set<string>()
  const seen = new Set<string>()
  const agenda: Pcfg['rules'][number]['right'][] = [[{ kind: 'nonterminal', id: grammar.start }]]
  for (let form = agenda.pop(); form; form = agenda.pop()) {
    const at = form.findIndex((symbol) => symbol.kind === 'nonterminal')
    if (at < 0) {
      found.add(form.map((symbol) => symbol.id).join(' '))
      continue
    }
    for (const { left, right } of grammar.rules) {
      if (left !== form[at]!.id) continue
      const next = [...form.slice(0, at), ...right, ...form.slice(at + 1)]
      const key = next.map((symbol) => `${symbol.kind}${symbol.id}`).join(' ')
      const terminals = next.filter((symbol) => symbol.kind === 'terminal').length
      // Sentential forms longer than this only reach short strings through ε, which the bound leaves room for.
      if (terminals > length || next.length > length + 4 || seen.has(key)) continue
      seen.add(key)
      agenda.push(next)
    }
  }
  return found
}

describe.each(Object.entries(GRAMMARS))('parsing with %s', (_, text) => {
  const grammar = parsePcfg(text)

  test('finds a derivation of every sampled string', () => {
    const random = stream('parse', text)
    for (let i = 0; i < 60; i++) {
      const tokens = yieldOf(samplePcfg(grammar, random))
      if (tokens.length > 25) continue
      const tree = parsePcfgString(grammar, tokens)!
      expect(yieldOf(tree)).toEqual(tokens)
      expect(isDerivation(grammar, tree)).toBe(true)
    }
  })

  test('accepts exactly the language: all strings of up to four tokens', () => {
    const language = shortStrings(grammar, 4)
    const strings: number[][] = [[]]
    for (let i = 0; i < strings.length; i++) {
      if (strings[i]!.length < 4)
        strings.push(...grammar.terminals.map((_, token) => [...strings[i]!, token]))
    }
    for (const tokens of strings) {
      expect(parsePcfgString(grammar, tokens) !== undefined).toBe(language.has(tokens.join(' ')))
    }
  })
})

test('a tree prints in brackets', () => {
  const grammar = parsePcfg("S -> NP 'runs'\nNP -> 'the' 'dog'")
  expect(
    bracketed(
      grammar,
      parsePcfgString(
        grammar,
        [0, 1, 2].map((_, i) => grammar.terminals.indexOf(['the', 'dog', 'runs'][i]!)),
      )!,
    ),
  ).toBe('(S (NP the dog) runs)')
})
