import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { pcfgMoments } from '../../grammar/inference/moments.js'
import { pcfgInference } from '../../grammar/inference/pcfg-inference.js'
import { tokenPosterior } from '../../grammar/inference/posterior.js'
import {
  BOOLEAN,
  COUNTING,
  derivationEntropy,
  ENTROPY,
  INFINITE,
  LOG,
  MAX,
  MIN_PLUS,
  REAL,
  type Semiring,
} from '../../grammar/inference/semiring.js'
import { spanChart } from '../../grammar/inference/span-chart.js'
import { treeLogProbability } from '../../grammar/inference/span-trees.js'
import { bracketed } from '../../grammar/pcfg/bracketed.js'
import { parsePcfg } from '../../grammar/pcfg/notation.js'
import { checkUseful, type Pcfg, type PcfgRule } from '../../grammar/pcfg/pcfg.js'
import { samplePcfg, yieldOf } from '../../grammar/pcfg/sample.js'
import { stringEntropy } from '../../grammar/rhm/marginals.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { rhmToPcfg } from '../../grammar/rhm/rhm-to-pcfg.js'
import { compile } from '../../grammar/rhm/tables.js'
import { parsePcfgString } from '../reference/earley.js'
import nltk from '../vectors/pcfg-nltk.json' with { type: 'json' }
import { smallGrammar } from './arbitrary.js'

const ids = (grammar: Pcfg, text: string) => text.split(' ').map((word) => grammar.terminals.indexOf(word))

describe.each(nltk.grammars)('NLTK agrees on $name', ({ text, cases }) => {
  const grammar = parsePcfg(text)
  const inference = pcfgInference(grammar)
  test.each(cases)('$text', ({ text, parses, logProb, best }) => {
    const tokens = ids(grammar, text)
    expect(inference.countParses(tokens)).toBe(BigInt(parses))
    const ours = inference.best(tokens)
    if (logProb === null) {
      expect(inference.logProbability(tokens)).toBe(Number.NEGATIVE_INFINITY)
      expect(ours).toBeUndefined()
      return
    }
    expect(inference.logProbability(tokens)).toBeCloseTo(logProb, 9)
    expect(ours!.logProbability).toBeCloseTo(best!.logProb, 9)
    if (best!.tree !== null) expect(bracketed(grammar, ours!.tree)).toBe(best!.tree)
  })
})

/** Random grammars with unary chains, ε, long rules and ambiguity; every symbol has a rule that ends. */
const anyPcfg: fc.Arbitrary<Pcfg> = fc
  .record({ size: fc.integer({ min: 1, max: 4 }), terminals: fc.integer({ min: 1, max: 3 }), seed: fc.nat() })
  .map(({ size, terminals, seed }) => {
    const random = stream(`${seed}`, 'pcfg')
    const below = (n: number) => Math.floor(random() * n)
    const rules: PcfgRule[] = []
    for (let left = 0; left < size; left++) {
      const own = Array.from({ length: 1 + below(3) }, () => {
        const right = Array.from({ length: below(4) }, () =>
          random() < 0.5
            ? ({ kind: 'terminal', id: below(terminals) } as const)
            : ({ kind: 'nonterminal', id: below(size) } as const),
        )
        return { left, right, probability: 0.2 + random() }
      })
      own.push({ left, right: [{ kind: 'terminal', id: below(terminals) }], probability: 1.5 })
      const total = own.reduce((sum, rule) => sum + rule.probability, 0)
      rules.push(...own.map((rule) => ({ ...rule, probability: rule.probability / total })))
    }
    return {
      kind: 'pcfg' as const,
      nonterminals: Array.from({ length: size }, (_, i) => `N${i}`),
      terminals: Array.from({ length: terminals }, (_, i) => `t${i}`),
      start: 0,
      rules,
    }
  })
  .filter((grammar) => {
    try {
      checkUseful(grammar)
      return true
    } catch {
      return false
    }
  })

const strings = (V: number, n: number) =>
  Array.from({ length: V ** n }, (_, code) =>
    Array.from({ length: n }, (_, i) => Math.floor(code / V ** i) % V),
  )

describe('any PCFG', () => {
  test('is recognised as Earley’s algorithm does, and semirings agree with each other', () => {
    fc.assert(
      fc.property(anyPcfg, fc.array(fc.nat(), { maxLength: 6 }), (grammar, codes) => {
        const tokens = codes.map((code) => code % grammar.terminals.length)
        const known = parsePcfgString(grammar, tokens) !== undefined
        expect(spanChart(grammar, BOOLEAN).up(tokens)).toBe(known ? 1 : 0)
        const inference = pcfgInference(grammar)
        expect(inference.countParses(tokens) !== 0n).toBe(known)
        const p = spanChart(grammar, REAL).up(tokens)
        expect(Math.exp(spanChart(grammar, LOG).up(tokens))).toBeCloseTo(p, 10)
        const best = inference.best(tokens)
        expect(best !== undefined).toBe(known)
        if (best) expect(Math.exp(best.logProbability)).toBeLessThanOrEqual(p * (1 + 1e-9))
      }),
      { numRuns: 200 },
    )
  })

  test('the posterior of hidden tokens equals the sum over all ways to fill them in (law 3)', () => {
    fc.assert(
      fc.property(anyPcfg, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (grammar, codes) => {
        const V = grammar.terminals.length
        const tokens = codes.map((code) => code % (V + 1))
        const inference = pcfgInference(grammar)
        const sums = new Float64Array(tokens.length * V)
        let total = 0
        for (const filled of strings(V, tokens.length)) {
          if (filled.some((token, i) => tokens[i] !== V && tokens[i] !== token)) continue
          const p = Math.exp(inference.logProbability(filled))
          total += p
          filled.forEach((token, i) => {
            sums[i * V + token]! += p
          })
        }
        expect(Math.exp(inference.logProbability(tokens))).toBeCloseTo(total, 10)
        inference.marginals(tokens).forEach((p, i) => {
          expect(p).toBeCloseTo(total === 0 ? 0 : sums[i]! / total, 8)
        })
      }),
      { numRuns: 150 },
    )
  })

  test.each([
    [
      'unary cycles and ε',
      "S -> A S [0.3] | 'a' [0.4] | [0.3]\nA -> S [0.3] | B [0.4] | 'b' [0.3]\nB -> A [0.5] | 'a' 'b' [0.5]",
    ],
    ['ambiguity', "S -> S S [0.3] | 'a' [0.4] | 'b' [0.3]"],
  ])('strings come out as often as their probability says: %s', (_, text) => {
    const grammar = parsePcfg(text)
    const inference = pcfgInference(grammar)
    const draws = 40_000
    const counts = new Map<string, number>()
    for (let i = 0; i < draws; i++) {
      const key = yieldOf(samplePcfg(grammar, stream('frequencies', 'draw', i))).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    for (const tokens of [0, 1, 2, 3].flatMap((n) => strings(grammar.terminals.length, n))) {
      const p = Math.exp(inference.logProbability(tokens))
      const share = (counts.get(tokens.join()) ?? 0) / draws
      expect(Math.abs(share - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / draws) + 1e-9)
    }
  })

  test('posterior trees are derivations of the string, as frequent as their share', () => {
    const grammar = parsePcfg(
      "S -> S S [0.4] | 'a' [0.6] | T [0]\nT -> 'a' [1]".replace(" | T [0]\nT -> 'a' [1]", ''),
    )
    const inference = pcfgInference(grammar)
    const tokens = [0, 0, 0]
    const counts = new Map<string, number>()
    const random = stream('trees', 'draw')
    for (let i = 0; i < 2000; i++) {
      const tree = inference.draw(tokens, random)!
      expect(yieldOf(tree)).toEqual(tokens)
      counts.set(bracketed(grammar, tree), (counts.get(bracketed(grammar, tree)) ?? 0) + 1)
      expect(treeLogProbability(grammar, tree)).toBeLessThan(inference.logProbability(tokens))
    }
    expect(counts.size).toBe(2)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })

  test('probabilities of 400 tokens do not underflow', () => {
    const grammar = parsePcfg("S -> 'a' S [0.1] | 'b' S [0.1] | 'a' [0.8]")
    const tokens = Array.from({ length: 400 }, (_, i) => (i === 399 ? 0 : i % 2))
    const inference = pcfgInference(grammar)
    expect(inference.logProbability(tokens)).toBeCloseTo(399 * Math.log(0.1) + Math.log(0.8), 6)
    expect(inference.marginals(tokens)[399 * 2]).toBeCloseTo(1, 9)
  })
})

describe('a hierarchical grammar as a PCFG', () => {
  test('gives the same posteriors by spans as on its tree', () => {
    fc.assert(
      fc.property(
        smallGrammar.filter(({ s, L }) => s ** L <= 9),
        fc.nat(),
        (rhm, seed) => {
          const tables = compile(rhm)
          const grammar = rhmToPcfg(tables)
          const random = stream(`${seed}`, 'mask')
          const string = Int32Array.from(yieldOf(samplePcfg(grammar, random)), (token) =>
            random() < 0.5 ? tables.v : token,
          )
          const evidence = new Float64Array(1)
          const onTree = tokenPosterior(tables).marginals(string, evidence)
          const inference = pcfgInference(grammar)
          expect(inference.logProbability(string)).toBeCloseTo(evidence[0]!, 9)
          inference.marginals(string).forEach((p, i) => {
            expect(p).toBeCloseTo(onTree[i]!, 9)
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  test('gives all strings together probability 1 (law 1)', () => {
    for (const seed of ['1', '2', '3']) {
      const tables = compile(
        randomRhm({ v: 3, m: 2, s: 2, L: 2, seed, weights: { kind: 'zipf', exponent: 1 } }),
      )
      const inference = pcfgInference(rhmToPcfg(tables))
      const total = strings(3, 4).reduce((sum, tokens) => sum + Math.exp(inference.logProbability(tokens)), 0)
      expect(total).toBeCloseTo(1, 12)
    }
  })

  test('has its length, its entropy and no lost mass as moments', () => {
    const tables = compile(
      randomRhm({ v: 5, m: 2, s: 2, L: 3, seed: 'm', weights: { kind: 'zipf', exponent: 1 } }),
    )
    const { partition, expectedLength, derivationalEntropy } = pcfgMoments(rhmToPcfg(tables))
    expect(partition).toBeCloseTo(1, 12)
    expect(expectedLength).toBeCloseTo(8, 9)
    expect(derivationalEntropy).toBeCloseTo(stringEntropy(tables), 9)
  })
})

describe('moments', () => {
  test('of a grammar that loses mass, and of one that never ends', () => {
    // z = 0.6 z² + 0.4: the least root is 2/3.
    const { partition, expectedLength } = pcfgMoments(parsePcfg("S -> S S [0.6] | 'a' [0.4]"))
    expect(partition).toBeCloseTo(2 / 3, 9)
    expect(expectedLength).toBe(Number.POSITIVE_INFINITY)
    expect(pcfgMoments(parsePcfg("S -> S S [0.25] | 'a' [0.75]")).expectedLength).toBeCloseTo(1.5, 9)
  })

  test('the entropy semiring gives the uncertainty about the tree of one string', () => {
    const grammar = parsePcfg("S -> S S [0.4] | 'a' [0.6]")
    expect(derivationEntropy(spanChart(grammar, ENTROPY).up([0, 0, 0]))).toBeCloseTo(Math.log(2), 9)
    expect(derivationEntropy(spanChart(grammar, ENTROPY).up([0, 0, 0, 0]))).toBeCloseTo(Math.log(5), 9)
  })
})

describe('cycles', () => {
  const cyclic = {
    unary: "S -> A [0.5] | 'a' [0.5]\nA -> S [0.4] | 'b' [0.6]",
    ε: "S -> A 'a' [0.5] | 'a' [0.5]\nA -> A [0.5] | [0.5]",
    'unary through ε': "S -> A S [0.5] | 'a' [0.5]\nA -> A [0.3] | 'b' [0.3] | [0.4]",
  }
  /** A semiring made elsewhere: what it can do stands in its properties, not in its name. */
  const renamed = <T>(semiring: Semiring<T>): Semiring<T> => ({ ...semiring, name: 'of one’s own' })
  const semirings: readonly Semiring<unknown>[] = [BOOLEAN, COUNTING, REAL, LOG, MAX, MIN_PLUS, ENTROPY]

  test.each(
    Object.entries(cyclic).flatMap(([what, text]) =>
      semirings.map((own) => [what, own.name, text, own] as const),
    ),
  )('%s: a semiring sums as a copy of it under another name does: %s', (_, _name, text, semiring) => {
    const grammar = parsePcfg(text)
    const [original, copy] = [spanChart(grammar, semiring), spanChart(grammar, renamed(semiring))]
    for (const tokens of [0, 1, 2, 3].flatMap((n) => strings(grammar.terminals.length, n))) {
      expect(copy.up(tokens)).toEqual(original.up(tokens))
      expect(copy.down()).toEqual(original.down())
    }
  })

  test.each(Object.values(cyclic))('make infinitely many parses: %s', (text) => {
    const grammar = parsePcfg(text)
    expect(spanChart(grammar, renamed(COUNTING)).up([0])).toBe(INFINITE)
  })

  test.each([1, 2])('that come back with weight %d are refused where sums then diverge', (weight) => {
    const grammar = parsePcfg("S -> S [0.5] | 'a' [0.5]")
    const heavy = { ...grammar, rules: grammar.rules.map((rule) => ({ ...rule, probability: weight })) }
    for (const semiring of [REAL, LOG, ENTROPY] as readonly Semiring<unknown>[])
      expect(() => spanChart(heavy, renamed(semiring))).toThrow(/^grammar: got "S", expected unary cycles/)
    expect(spanChart(heavy, renamed(COUNTING)).up([0])).toBe(INFINITE)
  })

  test('of ε at the critical point are refused', () => {
    const grammar = parsePcfg("S -> S S [0.5] | 'a' [0.25] | [0.25]")
    expect(pcfgInference(grammar).logProbability([0])).toBeLessThan(0)
    const critical = parsePcfg('S -> S S [0.5] | [0.5]')
    expect(() => pcfgInference(critical).logProbability([])).toThrow(/unary cycles .* below 1/)
  })
})

test('a corpus of the grammar is as probable as its rules say', () => {
  const tables = compile(randomRhm({ v: 6, m: 2, s: 3, L: 2, seed: 'c' }))
  const { train } = drawCorpus(rhmSource(tables), { train: 5, test: 5, seed: 'c' })
  const inference = pcfgInference(rhmToPcfg(tables))
  for (let i = 0; i < 5; i++)
    expect(inference.logProbability(train.tokens.subarray(i * 9, i * 9 + 9))).toBeCloseTo(
      -stringEntropy(tables),
      9,
    )
})
