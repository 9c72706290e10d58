import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tokenMatrix } from '../../common/strings.js'
import { choiceCount, derive, logProbability } from '../../grammar/rhm/derivation.js'
import { nodeMarginals, stringEntropy } from '../../grammar/rhm/marginals.js'
import { parse } from '../../grammar/rhm/parse.js'
import { logProbabilities } from '../../grammar/rhm/probability.js'
import { rank, unrank, unrankSmall } from '../../grammar/rhm/rank.js'
import {
  countStrings,
  nodesAt,
  parseRhm,
  type RhmLevel,
  type RuleWeights,
  randomRhm,
  symbolsAt,
} from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { chiSquareScore } from '../reference/chi-square.js'
import { allDerivations, enumerate } from '../reference/enumeration.js'
import { smallGrammar } from './arbitrary.js'

describe('a random grammar', () => {
  test('has distinct right-hand sides at every level and survives its own file format', () => {
    fc.assert(
      fc.property(smallGrammar, (grammar) => {
        for (const { rules } of grammar.levels) {
          const tuples = rules.flat().map((rhs) => rhs.join())
          expect(new Set(tuples).size).toBe(tuples.length)
        }
        expect(parseRhm(JSON.parse(JSON.stringify(grammar)))).toEqual(grammar)
      }),
    )
  })

  test('depends on its seed and on nothing else', () => {
    const options = { v: 8, m: 3, s: 2, L: 3 }
    expect(randomRhm({ ...options, seed: 'a' })).toEqual(randomRhm({ ...options, seed: 'a' }))
    expect(randomRhm({ ...options, seed: 'a' }).levels).not.toEqual(
      randomRhm({ ...options, seed: 'b' }).levels,
    )
  })

  test.each([
    // Ordered choices of n·m tuples out of v^s: 4·3, 4·3·2·1, 9 and 8·7·6.
    [{ v: 2, m: 1, s: 2 }, 12],
    [{ v: 2, m: 2, s: 2 }, 24],
    [{ v: 3, m: 1, s: 2, n: 1 }, 9],
    [{ v: 2, m: 3, s: 3, n: 1 }, 8 * 7 * 6],
  ] as const)('of sizes %j is each of the %d possible ones equally often', (sizes, possible) => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 40 * possible; seed++) {
      const [{ rules }] = randomRhm({ ...sizes, L: 1, seed: `${seed}` }).levels as [RhmLevel]
      counts.set(rules.join(), (counts.get(rules.join()) ?? 0) + 1)
    }
    expect(counts.size).toBe(possible)
    // 4 standard deviations: a false alarm in 3 of 100,000 sets of seeds.
    const table = { counts: [...counts.values()], probabilities: new Array(possible).fill(1 / possible) }
    expect(chiSquareScore([table])).toBeLessThan(4)
  })

  test('takes every tuple of a level into its language equally often, and gives it to every symbol equally often', () => {
    const [v, m, s, draws] = [5, 2, 2, 1500]
    const tuples = Array.from({ length: v }, (_, a) =>
      Array.from({ length: v }, (_, b) => `${a},${b}`),
    ).flat()
    const owners = new Map(tuples.map((tuple) => [tuple, new Array<number>(v + 1).fill(0)]))
    for (let seed = 0; seed < draws; seed++) {
      const taken = new Map(
        randomRhm({ v, m, s, L: 2, seed: `${seed}` }).levels[1]!.rules.flatMap((own, symbol) =>
          own.map((rhs) => [rhs.join(), symbol] as const),
        ),
      )
      // The last place counts the levels without it.
      for (const tuple of tuples) owners.get(tuple)![taken.get(tuple) ?? v]!++
    }
    const probabilities = [...new Array<number>(v).fill(m / v ** s), 1 - (v * m) / v ** s]
    // 25 tuples, each alone, 4 standard deviations: a false alarm in 8 of 10,000 sets of seeds.
    for (const counts of owners.values()) expect(chiSquareScore([{ counts, probabilities }])).toBeLessThan(4)
  })

  test('with Zipf’s rules gives the rule of rank r = 1, 2, … a probability ∝ r^−exponent', () => {
    const rows = (weights: RuleWeights) =>
      randomRhm({ v: 4, m: 3, s: 2, L: 2, seed: '0', weights }).levels.map((level) => level.probabilities)
    const expectRows = (found: ReturnType<typeof rows>[number], expected: readonly number[]) => {
      expect(found).toHaveLength(4)
      for (const row of found!)
        row.forEach((p, rule) => {
          expect(p).toBeCloseTo(expected[rule]!, 12)
        })
    }
    // 1 : 1/2 : 1/3, and 1 : 1/4 : 1/9.
    for (const level of rows({ kind: 'zipf', exponent: 1 })) expectRows(level, [6 / 11, 3 / 11, 2 / 11])
    const [root, leaves] = rows({ kind: 'zipf', exponent: 2, levels: [1] })
    expect(root).toBeUndefined()
    expectRows(leaves, [36 / 49, 9 / 49, 4 / 49])
    for (const level of rows({ kind: 'zipf', exponent: 0 })) expectRows(level, [1 / 3, 1 / 3, 1 / 3])
  })

  test('counts its strings and its entropy as the published table does', () => {
    const facts = [
      [8, 2, 2, 3, 1024n, 6.93],
      [8, 3, 2, 3, 17496n, 9.77],
      [16, 4, 2, 3, 262144n, 12.48],
      [8, 2, 2, 4, 262144n, 12.48],
    ] as const
    for (const [v, m, s, L, strings, entropy] of facts) {
      const grammar = randomRhm({ v, m, s, L, seed: '0' })
      expect(countStrings(grammar)).toBe(strings)
      expect(stringEntropy(compile(grammar))).toBeCloseTo(entropy, 2)
    }
  })

  test.each([
    [{ v: 4, m: 5, s: 2, L: 2 }, /^m: got 5, expected m ≤ v\^\(s−1\) = 4/],
    [{ v: 4, m: 4, s: 2, L: 2, n: 5 }, /^n: got 5, expected n·m ≤ v\^s = 16/],
    [{ v: 1, m: 1, s: 2, L: 2 }, /^v: got 1/],
    [{ v: 4, m: 2, s: 2, L: 2.5 }, /^L: got 2.5, expected an integer/],
    [{ v: 4, m: 2, s: 2, L: 30 }, /^L: got 30/],
  ])(
    'of impossible sizes %j is refused with the field, the value and what would be right',
    (sizes, message) => {
      expect(() => randomRhm({ ...sizes, seed: '0' })).toThrow(message)
    },
  )
})

describe('a grammar file', () => {
  const good = () =>
    structuredClone(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: '0' })) as unknown as Record<string, never>
  // biome-ignore lint/suspicious/noExplicitAny: these cases break the type on purpose
  test.each<[string, (g: Record<string, any>) => unknown, RegExp]>([
    ['another kind', (g) => (g.kind = 'cfg'), /^grammar\.kind: got "cfg"/],
    ['a missing level', (g) => g.levels.pop(), /^grammar\.levels: .* expected 2 levels, root first/],
    ['levels leaves first', (g) => g.levels.reverse(), /^grammar\.levels\[0\]\.level: got 1, expected 2/],
    [
      'a symbol out of range',
      (g) => (g.levels[1].rules[0][0][0] = 4),
      /^grammar\.levels\[1\]\.rules\[0\]\[0\]: got 4/,
    ],
    [
      'a repeated right-hand side',
      (g) => (g.levels[1].rules[1][0] = g.levels[1].rules[0][0]),
      /already used by grammar\.levels\[1\]\.rules\[0\]\[0\]/,
    ],
    ['probabilities that do not sum to 1', (g) => (g.root = [0.5, 0.4, 0, 0]), /^grammar\.root: .* sum to 1/],
    ['a right-hand side too short', (g) => (g.levels[0].rules[0][0] = [1]), /expected s = 2 symbols/],
  ])('with %s is refused at its path', (_, spoil, message) => {
    const grammar = good()
    spoil(grammar)
    expect(() => parseRhm(grammar)).toThrow(message)
  })
})

describe('ranks', () => {
  test('unrank is the inverse of rank, and every derivation of a small language has its own string', () => {
    fc.assert(
      fc.property(smallGrammar, (grammar) => {
        const tables = compile(grammar)
        const [choices, small] = [new Int32Array(choiceCount(tables)), new Int32Array(choiceCount(tables))]
        const strings = new Set<string>()
        for (let i = 0; i < Number(countStrings(grammar)); i++) {
          unrank(tables, BigInt(i), choices)
          unrankSmall(tables, i, small)
          expect(small).toEqual(choices)
          expect(rank(tables, choices)).toBe(BigInt(i))
          strings.add(derive(tables, choices).levels[0]!.join())
        }
        expect(BigInt(strings.size)).toBe(countStrings(grammar))
      }),
      { numRuns: 40 },
    )
  })

  test('hold beyond 2^53', () => {
    const tables = compile(randomRhm({ v: 16, m: 5, s: 2, L: 6, seed: '0' }))
    const choices = new Int32Array(choiceCount(tables))
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: countStrings(tables.grammar) - 1n }), (value) => {
        unrank(tables, value, choices)
        expect(rank(tables, choices)).toBe(value)
      }),
    )
    expect(() => unrank(tables, countStrings(tables.grammar), choices)).toThrow(/^rank: /)
  })
})

describe('parsing', () => {
  test('finds the derivation that made the string, at every level', () => {
    fc.assert(
      fc.property(smallGrammar, (grammar) => {
        const tables = compile(grammar)
        for (const derivation of allDerivations(tables).slice(0, 200)) {
          expect(parse(tables, derivation.levels[0]!)).toEqual(derivation.levels)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('a block valid at one level is valid at every level below (law 5)', () => {
    fc.assert(
      fc.property(smallGrammar, fc.infiniteStream(fc.nat({ max: 4 })), (grammar, stream) => {
        const tables = compile(grammar)
        const tokens = Int32Array.from({ length: 20 * tables.d }, () => stream.next().value as number)
        const levels = parse(tables, tokens)
        for (let level = 1; level <= tables.L; level++) {
          levels[level]!.forEach((symbol, node) => {
            if (symbol < 0) return
            for (let i = 0; i < tables.s; i++)
              expect(levels[level - 1]![node * tables.s + i]).toBeGreaterThanOrEqual(0)
          })
        }
      }),
    )
  })

  test('the MASK token and tokens out of range never parse', () => {
    const tables = compile(randomRhm({ v: 3, m: 3, s: 2, L: 1, seed: '0' }))
    for (const token of [-1, 3, 7]) expect(parse(tables, Int32Array.of(token, 0))[1]![0]).toBe(-1)
  })
})

describe('probabilities', () => {
  test('of all strings sum to 1, and their entropy and marginals equal the closed forms (law 1)', () => {
    fc.assert(
      fc.property(smallGrammar, (grammar) => {
        const tables = compile(grammar)
        const { strings, probabilities } = enumerate(tables)
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 10)
        const entropy = probabilities.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0)
        expect(stringEntropy(tables)).toBeCloseTo(entropy, 9)

        const logs = logProbabilities(tables, tokenMatrix(strings, tables.d))
        probabilities.forEach((p, i) => {
          expect(Math.exp(logs[i]!)).toBeCloseTo(p, 12)
        })

        const derivations = allDerivations(tables)
        nodeMarginals(tables).forEach((marginal, level) => {
          const symbols = level === 0 ? tables.v : symbolsAt(tables, level)
          const expected = new Float64Array(nodesAt(tables, level) * symbols)
          for (const derivation of derivations) {
            const p = Math.exp(logProbability(tables, derivation))
            derivation.levels[level]!.forEach((symbol, node) => {
              expected[node * symbols + symbol]! += p
            })
          }
          marginal.forEach((value, i) => {
            expect(value).toBeCloseTo(expected[i]!, 10)
          })
        })
      }),
      { numRuns: 40 },
    )
  })

  test('strings outside the language have ln p = −∞', () => {
    const tables = compile(randomRhm({ v: 4, m: 1, s: 2, L: 2, seed: '0' }))
    const inside = new Set(enumerate(tables).strings.map((string) => string.join()))
    const outside = [0, 1, 2, 3]
      .flatMap((a) => [0, 1, 2, 3].map((b) => [a, b, a, b]))
      .find((row) => !inside.has(row.join()))!
    expect(logProbabilities(tables, tokenMatrix([outside], 4))[0]).toBe(Number.NEGATIVE_INFINITY)
  })
})

test('the same rules at every level, where asked for', () => {
  const { levels } = randomRhm({ v: 6, m: 2, s: 2, L: 3, seed: 'same', sameRules: true })
  expect(levels[1]!.rules).toEqual(levels[0]!.rules)
  expect(levels[2]!.rules).toEqual(levels[0]!.rules)
  expect(() => randomRhm({ v: 6, m: 2, s: 2, L: 3, n: 3, seed: 'same', sameRules: true })).toThrow(
    /^n: got 3/,
  )
})
