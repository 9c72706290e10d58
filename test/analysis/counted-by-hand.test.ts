import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oracleDistances, oracleProbe } from '../../analysis/measures/oracles.js'
import { ruleUsage } from '../../analysis/measures/rules.js'
import { validity } from '../../analysis/measures/validity.js'
import { measureSamples } from '../../analysis/record.js'
import { stream } from '../../common/random.js'
import { tokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { type Rhm, randomRhm, rulesAt } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { smallGrammar } from '../grammar/arbitrary.js'
import { twoStrings as source, strings } from '../reference/by-hand.js'
import { enumerate, type Language, listDenoiser } from '../reference/enumeration.js'

const { levels } = source.truth

/** The symbol that a block derives from, by looking through the rules; undefined where there is none. */
function symbolOf(grammar: Rhm, level: number, block: readonly number[]): number | undefined {
  if (level === 0) return block[0]
  const size = block.length / grammar.s
  const children = Array.from({ length: grammar.s }, (_, i) =>
    symbolOf(grammar, level - 1, block.slice(i * size, (i + 1) * size)),
  )
  const found = rulesAt(grammar, level).rules.findIndex((own) =>
    own.some((rhs) => rhs.join() === children.join()),
  )
  return found < 0 ? undefined : found
}

/** Every level-ℓ block of every string, with its position. */
function blocksOf({ s, L }: Rhm, level: number, rows: readonly (readonly number[])[]) {
  const size = s ** level
  return rows.flatMap((row) =>
    Array.from({ length: s ** (L - level) }, (_, node) => ({
      node,
      block: row.slice(node * size, (node + 1) * size),
    })),
  )
}

describe('conditional validity', () => {
  test('is over the blocks whose children all parse, and no others', () => {
    // Two blocks that parse into no root, a root, a block of two that parses, none of two.
    const [one, two] = validity(levels, levels.parse(strings('0000', '0001', '1101', '1111').tokens))
    expect([one!.nodeValidity, one!.conditionalValidity, one!.conditionalTrials]).toEqual([5 / 8, 5 / 8, 8])
    expect([two!.nodeValidity, two!.conditionalValidity, two!.conditionalTrials]).toEqual([1 / 4, 1 / 2, 2])
    const [, nothing] = validity(levels, levels.parse(strings('1111', '1100').tokens))
    expect([nothing!.conditionalValidity, nothing!.conditionalTrials]).toEqual([null, 0])
  })

  test('of any strings under any grammar is what looking up every block in the rules gives', () => {
    fc.assert(
      fc.property(smallGrammar, fc.nat(), (grammar, seed) => {
        const { s, L, v } = grammar
        const random = stream(`${seed}`, 'tokens')
        const rows = Array.from({ length: 12 }, () =>
          Array.from({ length: s ** L }, () => Math.floor(random() * v)),
        )
        const own = rhmSource(compile(grammar)).truth.levels
        for (const measured of validity(own, own.parse(tokenMatrix(rows, s ** L).tokens))) {
          const blocks = blocksOf(grammar, measured.level, rows).map(({ block }) => block)
          const valid = blocks.filter((block) => symbolOf(grammar, measured.level, block) !== undefined)
          const open = blocks.filter((block) =>
            blocksOf({ ...grammar, L: measured.level }, measured.level - 1, [block]).every(
              ({ block: child }) => symbolOf(grammar, measured.level - 1, child) !== undefined,
            ),
          )
          expect(measured.nodeValidity).toBeCloseTo(valid.length / blocks.length, 12)
          expect(measured.conditionalTrials).toBe(open.length)
          if (open.length === 0) expect(measured.conditionalValidity).toBeNull()
          else expect(measured.conditionalValidity).toBeCloseTo(valid.length / open.length, 12)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('copied blocks', () => {
  test('are the share of valid blocks that stand at their position in training, against their probability there', async () => {
    // In training: 00 in front and 01 behind, twice.
    const train = strings('0001', '0001')
    const samples = strings('0001', '0000', '1101', '0100')
    // 00 and 01, 00 but not the second, 01, and neither of the last: 4 of 7 valid blocks; 1 of 2 strings.
    const measured = (await measureSamples(source, samples, { train })).levels!
    expect(measured.map(({ blockCopies }) => blockCopies)).toEqual([4 / 7, 1 / 2])
    // Each of the two blocks has probability ½ in its place, and so has the string.
    expect(measured.map(({ blockCopiesExpected }) => blockCopiesExpected)).toEqual([1 / 2, 1 / 2])
  })

  test('of any strings are what looking for every block gives', async () => {
    await fc.assert(
      fc.asyncProperty(smallGrammar, fc.nat(), async (grammar, seed) => {
        const tables = compile(grammar)
        const { strings: all } = enumerate(tables)
        const random = stream(`${seed}`, 'blocks')
        const draw = () => Array.from(all[Math.floor(random() * all.length)]!)
        const [train, samples] = [4, 8].map((count) => Array.from({ length: count }, draw)) as [
          number[][],
          number[][],
        ]
        // Some blocks are spoilt.
        for (const row of samples) if (random() < 0.5) row[0] = Math.floor(random() * grammar.v)
        const matrix = (rows: number[][]) => tokenMatrix(rows, tables.d)
        const measured = await measureSamples(rhmSource(tables), matrix(samples), { train: matrix(train) })
        for (const { level, blockCopies } of measured.levels!) {
          const known = blocksOf(grammar, level, train).map(({ node, block }) => `${node}: ${block}`)
          const valid = blocksOf(grammar, level, samples).filter(
            ({ block }) => symbolOf(grammar, level, block) !== undefined,
          )
          const copied = valid.filter(({ node, block }) => known.includes(`${node}: ${block}`))
          if (valid.length === 0) expect(blockCopies).toBeNull()
          else expect(blockCopies).toBeCloseTo(copied.length / valid.length, 12)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('χ² of the rules used', () => {
  // The second rule of every symbol is never used: what cannot happen is no degree of freedom.
  const weights = {
    kind: 'given',
    weights: [
      [5, 0, 3, 2],
      [5, 0, 3, 2],
    ],
  } as const
  const tables = compile(randomRhm({ v: 4, m: 4, s: 2, L: 2, n: 2, seed: 'chi', weights }))
  const language = enumerate(tables)
  const { levels } = rhmSource(tables).truth
  const possible = language.strings.flatMap((string, i) => {
    const probability = language.probabilities[i]!
    return probability > 0 ? [{ string, probability }] : []
  })

  test('per degree of freedom is 1 in expectation over one string, and over two: exact at the root', () => {
    // E Σ (n − Np)²/Np = Σ (1 − p) = rules − 1, whatever N is.
    const root = (...rows: Int32Array[]) =>
      ruleUsage(levels, levels.parse(rows.flatMap((row) => Array.from(row))))[1]!
    const one = possible.reduce(
      (sum, { string, probability }) => sum + probability * root(string).chiSquare!,
      0,
    )
    expect(one).toBeCloseTo(1, 10)
    const byRule = new Map<string, { string: Int32Array; probability: number }>()
    for (const { string, probability } of possible) {
      const used = levels.ruleCounts(2, levels.parse(string)).join()
      const known = byRule.get(used)
      byRule.set(used, { string, probability: probability + (known?.probability ?? 0) })
    }
    expect(byRule.size).toBe(6)
    let two = 0
    for (const a of byRule.values())
      for (const b of byRule.values())
        two += a.probability * b.probability * root(a.string, b.string).chiSquare!
    expect(two).toBeCloseTo(1, 10)
  })

  test('per degree of freedom is that of the rules that a look at every block finds, against their share of the language', () => {
    /** How often each rule of a level stands in some strings, each as often as its weight says. */
    const usage = (level: number, rows: readonly { string: Int32Array; weight: number }[]) => {
      const { rules } = rulesAt(tables.grammar, level)
      const used = new Map(rules.flat().map((rhs) => [rhs.join(), 0]))
      for (const { string, weight } of rows)
        for (const { block } of blocksOf(tables.grammar, level, [Array.from(string)])) {
          const children = blocksOf({ ...tables.grammar, L: level }, level - 1, [block])
          const rhs = children.map(({ block: child }) => symbolOf(tables.grammar, level - 1, child)).join()
          used.set(rhs, used.get(rhs)! + weight)
        }
      return [...used.values()]
    }
    const drawn = possible.filter((_, i) => i % 40 === 7)
    const measured = ruleUsage(levels, levels.parse(drawn.flatMap(({ string }) => Array.from(string))))
    for (const { level, blocks, chiSquare } of measured) {
      const counts = usage(
        level,
        drawn.map(({ string }) => ({ string, weight: 1 })),
      )
      const expected = usage(
        level,
        possible.map(({ string, probability }) => ({ string, weight: probability })),
      )
      expect(blocks).toBe(drawn.length * (level === 1 ? 2 : 1))
      const likely = counts.flatMap((n, rule) => {
        const mean = drawn.length * expected[rule]!
        return mean > 0 ? [(n - mean) ** 2 / mean] : []
      })
      // Three rules of four per symbol: six at the root, twelve below.
      expect(likely).toHaveLength(level === 1 ? 12 : 6)
      expect(chiSquare).toBeCloseTo(likely.reduce((sum, x) => sum + x, 0) / (likely.length - 1), 9)
    }
  })
})

describe('distances from oracles are per hidden token', () => {
  const tables = compile(
    randomRhm({ v: 3, m: 2, s: 2, L: 2, seed: 'kl', weights: { kind: 'zipf', exponent: 1 } }),
  )
  const language = enumerate(tables)
  const { d, v } = tables
  const some = (from: number, to: number) => language.strings.slice(from, to)

  test('whoever knows a string is ln V from whoever knows nothing, however many tokens are hidden', async () => {
    const [only] = some(5, 6)
    const one = tokenMatrix([only!], d)
    const probe = await oracleProbe(rhmSource(tables), one, one, { strings: 1, seed: '0' })
    const flat = listDenoiser({ strings: [], probabilities: [] }, d, v)
    const { memoriser, memoriserDefined } = await oracleDistances(flat, probe)
    expect(memoriser).toBeCloseTo(Math.log(v), 12)
    expect(memoriserDefined).toBe(1)
  })

  test('averaged over masks and then over mask counts, as listing the language gives them', async () => {
    const [train, test] = [some(0, 6), some(6, 16)]
    const probe = await oracleProbe(rhmSource(tables), tokenMatrix(train, d), tokenMatrix(test, d), {
      strings: 10,
      seed: '0',
    })
    const guess = 0.3
    const measured = await oracleDistances(listDenoiser(language, d, v, guess), probe)

    /** Probabilities of the tokens at t among strings that agree with a row; undefined where none does. */
    const posterior = ({ strings, probabilities }: Language, row: Int32Array, t: number) => {
      const agree = strings.map((string) => string.every((token, i) => row[i] === v || row[i] === token))
      const share = (a: number) =>
        strings.reduce((sum, string, i) => sum + (agree[i] && string[t] === a ? probabilities[i]! : 0), 0)
      const shares = Array.from({ length: v }, (_, a) => share(a))
      const total = shares.reduce((sum, p) => sum + p, 0)
      return total > 0 ? shares.map((p) => p / total) : undefined
    }
    /** Over the rows to which `where` has an answer. */
    const distance = (oracle: Language, where = oracle) => {
      const byCount = Array.from({ length: d }, (): number[] => [])
      for (let from = 0; from < probe.masked.length; from += d) {
        const row = probe.masked.subarray(from, from + d)
        const hidden = Array.from(row.keys()).filter((t) => row[t] === v)
        if (!posterior(where, row, hidden[0]!)) continue
        const parts = hidden.flatMap((t) => {
          const [p, q] = [posterior(oracle, row, t), posterior(language, row, t)!]
          if (!p) return []
          return p.reduce(
            (sum, x, a) => (x > 0 ? sum + x * Math.log(x / ((1 - guess) * q[a]! + guess / v)) : sum),
            0,
          )
        })
        if (parts.length > 0)
          byCount[hidden.length - 1]!.push(parts.reduce((sum, x) => sum + x, 0) / hidden.length)
      }
      const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
      const known = byCount.filter((values) => values.length > 0)
      return { mean: mean(known.map(mean)), rows: known.reduce((sum, values) => sum + values.length, 0) }
    }
    expect(measured.bayes[tables.L]).toBeCloseTo(distance(language).mean, 10)
    const remembered = { strings: train, probabilities: train.map(() => 1 / 6) }
    const memory = distance(remembered)
    expect(measured.memoriser).toBeCloseTo(memory.mean, 10)
    // To compare with, on the same rows.
    expect(measured.bayesThere![tables.L]).toBeCloseTo(distance(language, remembered).mean, 10)
    expect(measured.bayesThere![tables.L]).not.toBeCloseTo(distance(language).mean, 3)
    expect(measured.memoriserDefined).toBeCloseTo(memory.rows / (10 * d), 12)
    expect(memory.rows).toBeLessThan(10 * d)
  })
})
