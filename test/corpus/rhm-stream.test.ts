import { describe, expect, test } from 'vitest'
import { permutation } from '../../common/permutation.js'
import { stream } from '../../common/random.js'
import { row, type TokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { streamRhm } from '../../corpus/rhm-stream.js'
import { drawCorpus } from '../../corpus/source.js'
import type { CorpusSpec } from '../../corpus/spec.js'
import { choiceCount, derive } from '../../grammar/rhm/derivation.js'
import { parse } from '../../grammar/rhm/parse.js'
import { unrank } from '../../grammar/rhm/rank.js'
import { countStrings, randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { enumerate } from '../reference/enumeration.js'

const text = (matrix: TokenMatrix) => Array.from({ length: matrix.count }, (_, i) => row(matrix, i).join(' '))
const sizes = { v: 4, m: 2, s: 2, L: 2, seed: '1' } as const
/** 32 strings, all as likely as each other, or not. */
const [even, uneven] = [
  compile(randomRhm(sizes)),
  compile(randomRhm({ ...sizes, weights: { kind: 'zipf', exponent: 1 } })),
]
const drawn = (tables: typeof even, spec: Omit<CorpusSpec, 'seed'>, seed = 'a') => {
  const { train, test } = drawCorpus(rhmSource(tables), { ...spec, seed })
  return { train: text(train), test: text(test) }
}
const language = (tables: typeof even) =>
  enumerate(tables)
    .strings.map((string) => string.join(' '))
    .sort()

describe.each([
  ['as likely as each other', even],
  ['of unequal probabilities', uneven],
] as const)('strings %s', (_, tables) => {
  test('are the whole language once, training strings and test strings together', () => {
    const { train, test } = drawn(tables, { train: 20, test: 12 })
    expect([...train, ...test].sort()).toEqual(language(tables))
    expect(() => drawn(tables, { train: 20, test: 13 })).toThrow('train: got 20')
  })

  test('of the second half are those that twice as many would go on with; test strings are in neither', () => {
    const both = drawn(tables, { train: 16, test: 6 })
    const [first, second] = (['first', 'second'] as const).map((half) =>
      drawn(tables, { train: 8, test: 6, half }),
    )
    expect([...first!.train, ...second!.train]).toEqual(both.train)
    expect([first!.test, second!.test]).toEqual([both.test, both.test])
    // Both halves are needed, whichever is kept.
    expect(() => drawn(tables, { train: 14, test: 5, half: 'first' })).toThrow('train: got 14')
  })

  test('with duplicates stand side by side, the last one as often as there is room', () => {
    const once = drawn(tables, { train: 3, test: 4 })
    const twice = drawn(tables, { train: 5, test: 4, duplicates: 2 })
    const [a, b, c] = once.train
    expect(twice.train).toEqual([a, a, b, b, c])
    expect(twice.test).toEqual(once.test)
  })

  test('drawn with replacement come again, as often as their probability says, but no test string was trained on', () => {
    const { strings, probabilities } = enumerate(tables)
    const { train } = drawn(tables, { train: 3000, test: 0, replacement: true })
    strings.forEach((string, i) => {
      const share = train.filter((other) => other === string.join(' ')).length / 3000
      const p = probabilities[i]!
      // 64 shares, 4.5 standard deviations: a false alarm in 1 of 2,000 seeds.
      expect(Math.abs(share - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / 3000))
    })
    const some = drawn(tables, { train: 20, test: 30, replacement: true })
    expect(new Set(some.train).size).toBeLessThan(20)
    expect(some.test.filter((string) => some.train.includes(string))).toEqual([])
    // Test strings may repeat.
    expect(new Set(some.test).size).toBeLessThan(30)
    // How many test strings there are changes no training string, nor do further ones.
    expect(drawn(tables, { train: 20, test: 0, replacement: true }).train).toEqual(some.train)
    expect(train.slice(0, 20)).toEqual(some.train)
    // Each block of 1,024 draws has numbers of its own.
    expect(train.slice(1024, 1044)).not.toEqual(some.train)
  })

  test('are others under another seed', () => {
    for (const replacement of [true, false]) {
      const spec = { train: 12, test: 4, replacement }
      expect(drawn(tables, spec)).toEqual(drawn(tables, spec))
      expect(drawn(tables, spec)).not.toEqual(drawn(tables, spec, 'b'))
    }
  })

  test('come with the latent levels above them, root first', () => {
    for (const spec of [
      { train: 4, test: 3 },
      { train: 4, test: 3, half: 'second', duplicates: 2 },
    ] as const)
      for (const { strings, tree } of streamRhm(tables, { ...spec, seed: 'tree' })) {
        const levels = parse(tables, strings.tokens)
        for (let i = 0; i < strings.count; i++)
          expect(tree!(i)).toEqual([[levels[2]![i]], [levels[1]![2 * i], levels[1]![2 * i + 1]]])
      }
  })
})

test('strings come in blocks of up to 1,024, training strings first', () => {
  const large = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: '1' }))
  const blocks = [...streamRhm(large, { train: 2100, test: 1024, seed: 'blocks' })]
  expect(blocks.map(({ split, first, strings }) => [split, first, strings.count])).toEqual([
    ['train', 0, 1024],
    ['train', 1024, 1024],
    ['train', 2048, 52],
    ['test', 0, 1024],
  ])
  for (const { strings } of blocks) expect(strings).toMatchObject({ length: 8 })
})

/** A string's tokens by its rank. */
const ofRank = (tables: typeof even, rank: bigint) => {
  const choices = new Int32Array(choiceCount(tables))
  unrank(tables, rank, choices)
  return derive(tables, choices).levels[0]!.join(' ')
}

test.each([
  ['few', even],
  ['more than 2⁵²', compile(randomRhm({ v: 8, m: 8, s: 2, L: 5, seed: '1' }))],
] as const)(
  'string i of %s that are as likely as each other has the rank at place i of a keyed permutation',
  (_, tables) => {
    const order = permutation(countStrings(tables.grammar), 'a', 'corpus')
    const { train, test } = drawn(tables, { train: 20, test: 5 })
    const expected = Array.from({ length: 25 }, (_, i) => ofRank(tables, order.atBig(BigInt(i))))
    expect([...train, ...test]).toEqual(expected)
  },
)

test('likelier strings come first: the first is each as often as its probability says', () => {
  const { strings, probabilities } = enumerate(uneven)
  const firsts = Array.from(
    { length: 400 },
    (_, seed) => drawn(uneven, { train: 1, test: 0 }, `${seed}`).train[0],
  )
  strings.forEach((string, i) => {
    const share = firsts.filter((other) => other === string.join(' ')).length / 400
    const p = probabilities[i]!
    // 32 shares, 5 standard deviations of rare ones.
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 400))
  })
})

test('independent draws have the numbers of a stream per split and block of 1,024 draws', () => {
  const roots = (tables: typeof even, spec: Omit<CorpusSpec, 'seed'>, split: 'train' | 'test') =>
    [...streamRhm(tables, { ...spec, seed: 'a' })]
      .filter((block) => block.split === split)
      .flatMap(({ strings, tree }) => Array.from({ length: strings.count }, (_, i) => tree!(i)[0]![0]))
  const replacement = { train: 1030, test: 0, replacement: true }
  const train = roots(even, replacement, 'train')
  for (const block of [0, 1]) {
    const random = stream('a', 'corpus/train', block)
    for (let i = 0; i < 5; i++) {
      expect(train[1024 * block + i]).toBe(Math.floor(random() * 4))
      // Three rules follow.
      for (let rule = 0; rule < 3; rule++) random()
    }
  }
  // Nothing is rejected: the first test string is not the one training string.
  expect(roots(even, { train: 1, test: 1, replacement: true }, 'test')).toEqual([
    Math.floor(stream('a', 'corpus/test', 0)() * 4),
  ])
  expect(roots(uneven, { train: 1, test: 0 }, 'train')).toEqual([
    Math.floor(stream('a', 'corpus/corpus', 0)() * 4),
  ])
})

test('of a language of more than 2⁵² strings any are distinct, and of it', () => {
  const huge = compile(randomRhm({ v: 8, m: 8, s: 2, L: 5, seed: '1' }))
  const { train, test } = drawCorpus(rhmSource(huge), { train: 30, test: 10, seed: 'a' })
  expect(new Set([...text(train), ...text(test)]).size).toBe(40)
  expect([...parse(huge, train.tokens)[5]!, ...parse(huge, test.tokens)[5]!]).not.toContain(-1)
})

describe('what cannot be drawn is refused', () => {
  test.each([
    [{ train: -1, test: 0 }, 'train: got -1'],
    [{ train: 1.5, test: 0 }, 'train: got 1.5'],
    [{ train: 1, test: -2 }, 'test: got -2'],
    [{ train: 1, test: 0, duplicates: 0 }, 'duplicates: got 0'],
  ])('%j', (spec, message) => {
    expect(() => [...streamRhm(even, { ...spec, seed: 'a' })]).toThrow(message)
  })

  test('distinct strings where all that have a probability are drawn', () => {
    // Of two strings one has probability 0.
    const weights = { kind: 'given', weights: [[1, 0]] } as const
    const single = compile(randomRhm({ v: 3, m: 2, s: 2, L: 1, n: 1, seed: 'a', weights }))
    expect(() => drawn(single, { train: 2, test: 0 })).toThrow('train: got 1, expected fewer strings')
  })

  test('test strings where independent training strings cover the language', () => {
    expect(() => drawn(even, { train: 1000, test: 1, replacement: true })).toThrow(
      'test: got 1, expected 0: the training strings cover the whole language',
    )
    // Without test strings they may.
    expect(new Set(drawn(even, { train: 1000, test: 0, replacement: true }).train).size).toBe(32)
  })
})

test('what is known of a source is said of the whole language', () => {
  const source = rhmSource(uneven)
  const { strings, probabilities } = enumerate(uneven)
  expect(source).toMatchObject({
    length: 4,
    vocabulary: 4,
    strings: 32n,
    columns: { v: 4, m: 2, s: 2, L: 2 },
  })
  expect(source.description).toBe('Random Hierarchy Model (v=4, m=2, s=2, L=2, n=4): 32 strings of 4 tokens')
  expect(source.text(3)).toBe('3')
  expect(source.truth.entropy).toBeCloseTo(-probabilities.reduce((sum, p) => sum + p * Math.log(p), 0), 12)
  const matrix = { tokens: Int32Array.from(strings.flatMap((string) => [...string])), count: 32, length: 4 }
  expect([...source.truth.logProbabilities(matrix)]).toEqual(
    probabilities.map((p) => expect.closeTo(Math.log(p), 12)),
  )
  const { levels } = source.truth
  expect([levels.depth, levels.branching, levels.nodes(0), levels.nodes(2)]).toEqual([2, 2, 4, 1])
  expect([...levels.parse(strings[5]!)[0]!]).toEqual([...strings[5]!])
  // Every string has one root, and rules are used as often as they are probable.
  for (const level of [1, 2]) {
    expect(levels.ruleShares(level).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    const counts = levels.ruleCounts(level, levels.parse(matrix.tokens))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(level === 1 ? 64 : 32)
  }
  expect(levels.conditionalChance).toHaveLength(3)
  expect(levels.uniformChance[2]).toBeCloseTo(32 / 4 ** 4, 12)
  expect(levels.thresholds).toBeDefined()
  expect([...source.truth.blocks(matrix)[2]!]).toEqual(
    probabilities.map((p) => expect.closeTo(Math.log(p), 12)),
  )
  expect([...source.truth.edits(matrix)[2]!]).toEqual(new Array(32).fill(0))
  expect(source.truth.noisy().vocabulary).toBe(4)
  // With nothing visible each place has its shares of the language, however much of it a reader knows.
  for (const depth of [0, 2]) {
    const shares = source.truth.posterior(depth).marginals(new Int32Array(4).fill(4))
    const expected = Array.from({ length: 16 }, (_, i) =>
      probabilities.reduce((sum, p, k) => sum + (strings[k]![Math.floor(i / 4)] === i % 4 ? p : 0), 0),
    )
    expect([...shares]).toEqual(expected.map((p) => expect.closeTo(p, 12)))
  }
  // Knowing nothing of rules, one visible token says nothing of its neighbour; knowing all it does.
  const seen = Int32Array.of(strings[0]![0]!, 4, 4, 4)
  const [unigram, whole] = [0, 2].map((depth) => [
    ...source.truth.posterior(depth).marginals(seen).subarray(4, 8),
  ])
  expect(unigram).toEqual([...source.truth.posterior(0).marginals(new Int32Array(4).fill(4)).subarray(4, 8)])
  expect(whole).not.toEqual(unigram)
})
