import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { validity } from '../../analysis/measures/validity.js'
import { measureSamples } from '../../analysis/record.js'
import { clopperPearson, clusteredInterval } from '../../common/intervals.js'
import { stream } from '../../common/random.js'
import { stringSet, tokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { conditionalChance, uniformChance } from '../../grammar/rhm/chance.js'
import { parseRhm, type Rhm, randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { estimateNelbo, exactNelbo } from '../../model/processes/absorbing/nelbo.js'
import { sample } from '../../model/samplers/sampler.js'
import { smallGrammar } from '../grammar/arbitrary.js'
import { enumerate, listDenoiser } from '../reference/enumeration.js'

const grammar = randomRhm({ v: 6, m: 3, s: 2, L: 3, seed: '1' })
const tables = compile(grammar)
const source = rhmSource(tables)
const uniformTokens = (count: number, v: number, seed: string) => {
  const random = stream(seed, 'uniform')
  return Int32Array.from({ length: count * tables.d }, () => Math.floor(random() * v))
}
const validityOf = (tokens: Int32Array) => {
  const { levels } = source.truth
  return validity(levels, levels.parse(tokens))
}

describe('validity', () => {
  test('of strings of the language is 1 at every level, of their copies too', async () => {
    const { train } = drawCorpus(source, { train: 200, test: 0, seed: 'a' })
    const metrics = await measureSamples(source, train, { train })
    for (const level of metrics.levels!)
      expect([level.nodeValidity, level.stringValidity, level.conditionalValidity]).toEqual([1, 1, 1])
    expect(metrics.copies!.rate).toBe(1)
    expect(metrics.copies!.memorised).toBeCloseTo(1, 12)
    expect(metrics.novelty!.rate).toBe(0)
  })

  test('of uniform tokens equals the chance line, within its interval', () => {
    const chance = uniformChance(tables)
    for (const level of validityOf(uniformTokens(20_000, tables.v, 'chance'))) {
      expect(chance[level.level]).toBe(level.uniformChance)
      expect(Math.abs(level.nodeValidity - level.uniformChance)).toBeLessThan(0.01)
    }
  })

  test('given valid children drawn from their exact marginals equals c_ℓ', async () => {
    // Strings whose level-1 blocks are independent draws from their positions: a sampler that knows level 1 only.
    const { train } = drawCorpus(source, { train: 5000, test: 0, seed: 'c' })
    const shuffled = new Int32Array(train.tokens.length)
    const random = stream('c', 'shuffle')
    for (let i = 0; i < train.count; i++) {
      for (let block = 0; block < 4; block++) {
        const from = Math.floor(random() * train.count) * tables.d + 2 * block
        shuffled.set(train.tokens.subarray(from, from + 2), i * tables.d + 2 * block)
      }
    }
    const [one, two] = validityOf(shuffled)
    expect(one!.nodeValidity).toBe(1)
    expect(Math.abs(two!.conditionalValidity! - conditionalChance(tables)[2]!)).toBeLessThan(0.02)
    const metrics = await measureSamples(source, { tokens: shuffled, count: train.count, length: tables.d })
    expect(Math.abs(metrics.levels![1]!.acquisition!)).toBeLessThan(0.04)
  })

  test('node and string validity are told apart', () => {
    // One broken pair in an otherwise valid string: 3 of 4 level-1 nodes, no whole string.
    const { train } = drawCorpus(source, { train: 1, test: 0, seed: 'a' })
    const broken = Int32Array.from(train.tokens)
    const invalid = Array.from({ length: 36 }, (_, code) => [Math.floor(code / 6), code % 6]).find(
      ([a, b]) => !grammar.levels[2]!.rules.flat().some((rhs) => rhs[0] === a && rhs[1] === b),
    )!
    broken.set(invalid, 0)
    const [level1] = validityOf(broken)
    expect([level1!.nodeValidity, level1!.stringValidity]).toEqual([0.75, 0])
  })

  test('never rises with the level (law 5)', () => {
    const levels = validityOf(uniformTokens(3000, 3, 'mono'))
    levels.slice(1).forEach((level, i) => {
      expect(level.stringValidity).toBeLessThanOrEqual(levels[i]!.stringValidity)
    })
  })
})

describe('relabelling symbols changes no metric (law 6)', () => {
  test('tokens and every latent level permuted', async () => {
    await fc.assert(
      fc.asyncProperty(smallGrammar, fc.string(), async (original, seed) => {
        const relabel = (size: number, name: string) => {
          const random = stream(seed, name)
          return Array.from({ length: size }, (_, i) => [random(), i] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, i]) => i)
        }
        const perms = Array.from({ length: original.L + 1 }, (_, level) =>
          relabel(level === original.L ? original.n : original.v, `level${level}`),
        )
        const renamed = parseRhm({
          ...original,
          levels: original.levels.map(({ level, rules, probabilities }) => ({
            level,
            rules: place(
              perms[level]!,
              rules.map((rhsList) => rhsList.map((rhs) => rhs.map((symbol) => perms[level - 1]![symbol]!))),
            ),
            ...(probabilities ? { probabilities: place(perms[level]!, probabilities) } : {}),
          })),
          ...(original.root ? { root: place(perms[original.L]!, original.root) } : {}),
        } as Rhm)
        const [a, b] = [compile(original), compile(renamed)]
        const random = stream(seed, 'tokens')
        const tokens = Int32Array.from({ length: 60 * a.d }, () => Math.floor(random() * a.v))
        const other = tokens.map((token) => perms[0]![token]!)
        const half = 30 * a.d
        const measure = (t: typeof a, all: Int32Array) => {
          const [train, samples] = [all.subarray(0, half), all.subarray(half)].map((some) => ({
            tokens: some,
            count: 30,
            length: t.d,
          }))
          return measureSamples(rhmSource(t), samples!, { train })
        }
        const measured = await measure(a, tokens)
        // Examples are strings, and follow the new names.
        const examples = measured.samples!.examples.map((string) => string.map((token) => perms[0]![token]!))
        expectClose(await measure(b, other), { ...measured, samples: { ...measured.samples, examples } })
      }),
      { numRuns: 40 },
    )
  })

  const place = <Item>(perm: readonly number[], items: readonly Item[]): Item[] => {
    const out: Item[] = []
    items.forEach((item, i) => {
      out[perm[i]!] = item
    })
    return out
  }
  const expectClose = (a: unknown, b: unknown): void => {
    if (typeof a === 'number' && typeof b === 'number') expect(a).toBeCloseTo(b, 10)
    else if (a !== null && typeof a === 'object')
      for (const key of Object.keys(a)) expectClose(a[key as never], (b as never)[key])
    else expect(a).toBe(b)
  }
})

describe('copies', () => {
  test('count a sample once however often its string was trained on', async () => {
    const { train } = drawCorpus(source, { train: 100, test: 0, seed: 'a', duplicates: 10 })
    expect(stringSet(train).size).toBe(10)
    const one = { tokens: train.tokens.slice(0, tables.d), count: 1, length: tables.d }
    const { copies } = await measureSamples(source, one, { train })
    expect(copies!.expected).toBeCloseTo(10 / 13122, 12)
    expect(copies!.rate).toBe(1)
  })

  test('of fresh strings come at the rate c0, and ρ is then 0', async () => {
    const { train, test: fresh } = drawCorpus(source, {
      train: 6000,
      test: 4000,
      seed: 'r',
      replacement: true,
    })
    const drawn = drawCorpus(source, { train: 4000, test: 0, seed: 'other', replacement: true }).train
    const { copies } = await measureSamples(source, drawn, { train })
    expect(copies!.interval[0]).toBeLessThan(copies!.expected!)
    expect(copies!.interval[1]).toBeGreaterThan(copies!.expected!)
    expect(Math.abs(copies!.memorised!)).toBeLessThan(0.03)
    expect((await measureSamples(source, fresh, { train })).copies!.rate).toBe(0)
  })

  test('of blocks are those seen at the same position, against their expected share', async () => {
    const { train } = drawCorpus(source, { train: 60, test: 0, seed: 'b' })
    const drawn = drawCorpus(source, { train: 4000, test: 0, seed: 'other', replacement: true }).train
    for (const level of (await measureSamples(source, drawn, { train })).levels!) {
      expect(level.blockCopiesInterval![0]).toBeLessThan(level.blockCopiesExpected! + 0.01)
      expect(level.blockCopiesInterval![1]).toBeGreaterThan(level.blockCopiesExpected! - 0.01)
    }
  })
})

describe('NELBO', () => {
  const small = compile(randomRhm({ v: 3, m: 2, s: 2, L: 2, seed: '3' }))
  const language = enumerate(small)
  const exact = listDenoiser(language, small.d, small.v)
  const strings = tokenMatrix(language.strings, small.d)

  test('of the exact posterior is −ln p, string by string (law 7)', async () => {
    const nelbo = await exactNelbo(exact, strings)
    nelbo.forEach((value, i) => {
      expect(value).toBeCloseTo(-Math.log(language.probabilities[i]!), 9)
    })
  })

  test('of a perfect memoriser on its P training strings is ln P', async () => {
    const train = language.strings.slice(0, 5)
    const memoriser = listDenoiser({ strings: train, probabilities: train.map(() => 0.2) }, small.d, small.v)
    for (const value of await exactNelbo(memoriser, tokenMatrix(train, small.d)))
      expect(value).toBeCloseTo(Math.log(5), 9)
  })

  test('estimated with one mask per count agrees with the exact one, and is the sum of its cross-entropies', async () => {
    const noisy = listDenoiser(language, small.d, small.v, 0.3)
    const exactMean = (await exactNelbo(noisy, strings)).reduce((sum, x) => sum + x, 0) / strings.count
    const estimates = await Promise.all(
      Array.from({ length: 40 }, (_, i) => estimateNelbo(noisy, strings, `seed${i}`)),
    )
    const mean = estimates.reduce((sum, e) => sum + e.mean, 0) / 40
    expect(Math.abs(mean - exactMean)).toBeLessThan(0.05)
    for (const { mean: m, crossEntropy } of estimates)
      expect(crossEntropy.reduce((sum, x) => sum + x, 0)).toBeCloseTo(m, 10)
  })

  test('bounds the copy rate from below: copies ≥ P·exp(−train NELBO) (law 16)', async () => {
    const train = language.strings.slice(0, 6)
    const trainMatrix = tokenMatrix(train, small.d)
    for (const guess of [0, 0.1, 0.4]) {
      const smoothed = listDenoiser(
        { strings: train, probabilities: train.map(() => 1 / 6) },
        small.d,
        small.v,
        guess,
      )
      const nelbo = (await exactNelbo(smoothed, trainMatrix)).reduce((sum, x) => sum + x, 0) / 6
      const bound = 6 * Math.exp(-nelbo)
      const { tokens } = await sample(smoothed, { count: 4000, seed: 'jensen' })
      const { copies } = await measureSamples(
        rhmSource(small),
        { tokens, count: 4000, length: small.d },
        { train: trainMatrix },
      )
      expect(copies!.interval[1]).toBeGreaterThan(bound - 1e-9)
      if (guess === 0) expect(bound).toBeCloseTo(1, 9)
    }
  })
})

describe('intervals', () => {
  test.each(
    [0.3, 0.9, 0.99, 0.999, 0.9995].flatMap((rate) =>
      (['alone', 'half', 'whole'] as const).map((falls) => ({ rate, falls })),
    ),
  )(
    'over clusters of eight cover a rate of $rate at least as often as they say: failures fall $falls',
    ({ rate, falls }) => {
      const parts = { alone: 1, half: 4, whole: 8 }[falls]
      const random = stream(falls, 'clusters', Math.round(rate * 1e4))
      const trials = new Int32Array(500).fill(8)
      let covered = 0
      for (let repeat = 0; repeat < 300; repeat++) {
        const hits = trials.map((n) => {
          for (let group = 0; group < 8; group += parts) if (random() >= rate) n -= parts
          return n
        })
        const [low, high] = clusteredInterval(hits, trials)
        if (low <= rate && rate <= high) covered++
      }
      // Three standard deviations below 95 %.
      expect(covered / 300).toBeGreaterThan(0.912)
    },
  )

  test('over clusters that rise and fall together is as wide as over the clusters themselves', () => {
    const hits = Int32Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? 8 : 0))
    const trials = new Int32Array(200).fill(8)
    const [low, high] = clusteredInterval(hits, trials)
    const [expectedLow, expectedHigh] = clopperPearson(50, 200)
    expect(low).toBeCloseTo(expectedLow, 2)
    expect(high).toBeCloseTo(expectedHigh, 2)
  })
})
