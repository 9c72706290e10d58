import { describe, expect, test } from 'vitest'
import { applies, type Equipment, type Need, subjectOf } from '../../analysis/measures/measure.js'
import { ruleUsage } from '../../analysis/measures/rules.js'
import { MEASURES } from '../../analysis/measures/table.js'
import { validity } from '../../analysis/measures/validity.js'
import { columnsOf, measureDenoiser, measureSamples } from '../../analysis/record.js'
import { clopperPearson, clusteredInterval } from '../../common/intervals.js'
import type { Source } from '../../corpus/source.js'
import type { Levels } from '../../corpus/truth.js'
import { nelboOf } from '../../model/nelbo.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { autoregressive } from '../../model/processes/autoregressive/autoregressive.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { twoStrings as source, strings, sureOf } from '../reference/by-hand.js'

/** Numbers to ten digits. */
const close = (values: readonly number[] | null) => values?.map((value) => expect.closeTo(value, 10))
const byColumn = (...[values, names]: Parameters<typeof columnsOf>) =>
  columnsOf(values, names).map(({ name, value }) => [name, value])

describe('five samples against two training strings that are one', () => {
  const train = strings('0001', '0001')
  // A copy twice, blocks that make no root, one block that parses, the other string of the language.
  const samples = strings('0001', '0001', '0000', '1101', '0100')
  const measured = () => measureSamples(source, samples, { train })

  test('are counted, and shown as far as six go', async () => {
    const { samples: shown } = await measured()
    expect(shown).toEqual({
      count: 5,
      distinct: 4 / 5,
      examples: [
        [0, 0, 0, 1],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
        [1, 1, 0, 1],
        [0, 1, 0, 0],
      ],
    })
    expect(byColumn({ samples: shown! })).toEqual([['distinct share', 4 / 5]])
    const seven = strings(...Array.from({ length: 7 }, (_, i) => (i < 6 ? '0001' : '1111')))
    const { samples: some } = await measureSamples(source, seven)
    expect(some!.examples).toEqual(Array.from({ length: 6 }, () => [0, 0, 0, 1]))
  })

  test('hold two copies, where three valid strings would hold half as many by chance', async () => {
    const { copies } = await measured()
    const rho = (rate: number) => (rate - 0.5 * 0.6) / 0.5
    // The interval of 2 of 5 as tables have it.
    const interval = [0.052745, 0.853367].map((end) => expect.closeTo(end, 6))
    expect(copies).toEqual({
      rate: 2 / 5,
      interval,
      samples: 5,
      expected: expect.closeTo(0.5, 12),
      memorised: expect.closeTo(rho(0.4), 12),
      memorisedInterval: [expect.closeTo(rho(0.052745), 5), expect.closeTo(rho(0.853367), 5)],
    })
    expect(columnsOf({ copies: copies! })).toEqual([
      { name: 'copies', value: 2 / 5, tally: [3, 2] },
      { name: 'copies by chance', value: expect.closeTo(0.5, 12) },
      { name: 'memorised', value: expect.closeTo(0.2, 12) },
    ])
  })

  test('are valid by their probability where it is known and their levels are not', async () => {
    const { logProbabilities } = source.truth
    const flat: Source = { ...source, truth: { logProbabilities } }
    const { copies } = await measureSamples(flat, samples, { train })
    expect(copies!.memorised).toBeCloseTo(0.2, 12)
    const unknown = await measureSamples({ ...source, truth: {} }, samples, { train })
    expect(Object.keys(unknown.copies!)).toEqual(['rate', 'interval', 'samples'])
    expect(byColumn({ copies: unknown.copies! })).toEqual([['copies', 2 / 5]])
  })

  test('come from memory, all of them, where training strings are the whole language', async () => {
    const { copies } = await measureSamples(source, samples, { train: strings('0001', '0100') })
    expect([copies!.expected, copies!.memorised, copies!.memorisedInterval]).toEqual([1, 1, [1, 1]])
  })

  test('have one in five that is valid and new', async () => {
    const { novelty } = await measured()
    expect(novelty).toEqual({ rate: 1 / 5, interval: [...clopperPearson(1, 5)] })
    expect(byColumn({ novelty: novelty! })).toEqual([['novel valid', 1 / 5]])
    // Against the other string of the language the two are new.
    const other = await measureSamples(source, samples, { train: strings('0100') })
    expect(other.novelty!.rate).toBe(2 / 5)
  })

  test('parse as counted, with the intervals of strings', async () => {
    const [one, two] = (await measured()).levels!
    expect(one).toMatchObject({
      level: 1,
      nodeValidity: 9 / 10,
      nodeInterval: close(clusteredInterval([2, 2, 2, 1, 2], [2, 2, 2, 2, 2])),
      nodeTally: [0, 1, 4],
      stringValidity: 4 / 5,
      stringInterval: close(clopperPearson(4, 5)),
      // Tokens parse always.
      conditionalValidity: 9 / 10,
      conditionalTrials: 10,
      // Blocks begin with 0 and may end in both; half of all pairs do.
      chance: expect.closeTo(1, 12),
      uniformChance: expect.closeTo(1 / 2, 12),
    })
    expect(two).toMatchObject({
      level: 2,
      nodeValidity: 3 / 5,
      nodeTally: [2, 3],
      stringValidity: 3 / 5,
      stringInterval: close(clopperPearson(3, 5)),
      // 1101 has a block that does not parse: it could not.
      conditionalValidity: 3 / 4,
      conditionalInterval: close(clusteredInterval([1, 1, 0, 0, 1], [1, 1, 1, 0, 1])),
      conditionalTrials: 4,
      chance: expect.closeTo(1 / 2, 12),
      uniformChance: expect.closeTo(1 / 8, 12),
    })
    expect(columnsOf({ levels: [one!, two!] })).toEqual([
      { name: 'validity 1', value: 9 / 10, tally: [0, 1, 4] },
      { name: 'validity 2', value: 3 / 5, tally: [2, 3] },
    ])
  })

  test('score by those that are no copies: nothing where everything is grammatical, and (C − c)/(1 − c) above', async () => {
    const [one, two] = (await measured()).levels!
    expect([one!.acquisition, one!.acquisitionInterval, one!.acquisitionTrials]).toEqual([null, null, 6])
    // 0000 and 0100 had a chance of one half each, and one of them parses.
    expect([two!.acquisition, two!.acquisitionTrials]).toEqual([expect.closeTo(0, 12), 2])
    const more = strings('0001', '0000', '0100', '0100', '0100')
    const [, above] = (await measureSamples(source, more, { train })).levels!
    expect([above!.acquisition, above!.acquisitionTrials]).toEqual([expect.closeTo(1 / 2, 12), 4])
    const ends = clusteredInterval([0, 1, 1, 1], [1, 1, 1, 1]).map((end) => (end - 0.5) / 0.5)
    expect(above!.acquisitionInterval).toEqual(close(ends))
    // Copies alone say nothing; without training strings nothing is a copy.
    for (const { acquisition, acquisitionInterval, acquisitionTrials, nodeValidity } of (
      await measureSamples(source, strings('0001', '0001'), { train })
    ).levels!)
      expect([acquisition, acquisitionInterval, acquisitionTrials, nodeValidity]).toEqual([null, null, 0, 1])
    const { levels } = source.truth
    for (const { nodeValidity, stringValidity } of validity(
      levels,
      levels.parse(samples.tokens),
      () => false,
    ))
      expect([nodeValidity, stringValidity]).toEqual([0, 0])
    const [, alone] = (await measureSamples(source, samples)).levels!
    expect([alone!.acquisition, alone!.acquisitionTrials]).toEqual([expect.closeTo(1 / 2, 12), 4])
  })

  test('are put together from blocks of training strings where there are such, with the interval of strings', async () => {
    const levels = (await measured()).levels!
    // 00 in front, 01 behind; of 9 blocks that parse these are 2, 2, 1, 1 and 0.
    expect(levels.map(({ blockCopies }) => blockCopies)).toEqual([6 / 9, 2 / 3])
    expect(levels[0]!.blockCopiesInterval).toEqual(close(clusteredInterval([2, 2, 1, 1, 0], [2, 2, 2, 1, 2])))
    // What does not parse has no probability; what stands there often counts once.
    const often = strings('1111', '0001', '0001', '0001')
    const some = (await measureSamples(source, samples, { train: often })).levels!
    expect(some.map(({ blockCopiesExpected }) => blockCopiesExpected)).toEqual(close([1 / 2, 1 / 2]))
    const none = (await measureSamples(source, strings('1111', '1011'), { train })).levels!
    for (const { blockCopies, blockCopiesInterval, blockCopiesExpected } of none)
      expect([blockCopies, blockCopiesInterval, blockCopiesExpected]).toEqual([null, null, 1 / 2])
    const alone = (await measureSamples(source, samples)).levels!
    const { blocks, ...truth } = source.truth
    const unknown = (await measureSamples({ ...source, truth }, samples, { train })).levels!
    for (const { blockCopies, blockCopiesInterval, blockCopiesExpected } of [...alone, ...unknown])
      expect([blockCopies, blockCopiesInterval, blockCopiesExpected]).toEqual([null, null, null])
  })

  test('need 1/5 of a change before all blocks parse, and (1 + 2)/5 before all do whole', async () => {
    const { edits } = await measured()
    expect(edits).toEqual([1 / 5, 3 / 5])
    expect(byColumn({ edits: edits! })).toEqual([['edits', 3 / 5]])
    expect(byColumn({ edits: [1, 2, 3] })).toEqual([['edits', 3]])
  })

  test('use the rules of their valid blocks', async () => {
    const [one, two] = (await measured()).rules!
    const entropy = (...shares: number[]) => -shares.reduce((sum, p) => sum + p * Math.log(p), 0)
    // 00: once in each of the copies, twice in 0000, once in 0100; 01: in all but 0000. Half of each are expected.
    expect(one).toEqual({
      level: 1,
      blocks: 9,
      entropy: expect.closeTo(entropy(5 / 9, 4 / 9), 12),
      expectedEntropy: expect.closeTo(Math.LN2, 12),
      chiSquare: expect.closeTo((2 * 0.5 ** 2) / 4.5, 12),
    })
    expect(two).toMatchObject({ level: 2, blocks: 3, entropy: expect.closeTo(entropy(2 / 3, 1 / 3), 12) })
    expect(two!.chiSquare).toBeCloseTo((2 * 0.5 ** 2) / 1.5, 12)
    const [none] = (await measureSamples(source, strings('1111'))).rules!
    expect([none!.blocks, none!.entropy, none!.chiSquare]).toEqual([0, 0, null])
    expect(columnsOf({ rules: [one!, two!] })).toEqual([])
    // A rule without another leaves nothing to test.
    const only = { depth: 1, ruleCounts: () => Int32Array.of(3), ruleShares: () => Float64Array.of(1) }
    expect(ruleUsage(only as unknown as Levels, [])[0]).toMatchObject({ blocks: 3, chiSquare: null })
  })
})

describe('losses', () => {
  /** Everything that asked for a bound; the bound of a string is its number of ones, and one more under another seed. */
  const asked: { strings: number; seed: string; exact: boolean | undefined }[] = []
  const process: typeof MASKING = {
    ...MASKING,
    boundOver: 'positions',
    async bound(_, { tokens, count, length }, seed, exact) {
      asked.push({ strings: count, seed, exact })
      const ones = Float64Array.from({ length: count }, (_, i) =>
        tokens.subarray(i * length, (i + 1) * length).reduce((sum, token) => sum + token, 0),
      )
      return nelboOf(ones, Float64Array.of(ones.reduce((sum, n) => sum + n, 0)))
    },
  }
  const denoiser = { ...sureOf('0001'), process }
  const train = strings('0001', '0001', '1111')
  const heldOut = strings('0100', '1100')
  const options = { train, test: heldOut, samples: 2, seed: 'own' }

  test('are bounds of the first strings of both sets, under the seed of the analysis', async () => {
    asked.length = 0
    const { losses } = await measureDenoiser(source, denoiser, { ...options, strings: 2, exact: true })
    expect(asked).toEqual([
      { strings: 2, seed: 'own', exact: true },
      { strings: 2, seed: 'own', exact: true },
    ])
    expect(losses).toMatchObject({
      train: { mean: 1, perString: [1, 1] },
      test: { mean: 1.5, perString: [1, 2] },
      over: 'positions',
      // P = 2 distinct strings.
      jensenBound: expect.closeTo(2 * Math.exp(-1), 12),
    })
    // 1100 is not of the language: nobody knows what it should cost.
    const floors = { entropy: Math.LN2, train: Math.LN2, memoriser: Math.LN2 }
    expect(Object.keys(losses!.floors)).toEqual(Object.keys(floors))
    for (const [name, floor] of Object.entries(floors))
      expect(losses!.floors).toHaveProperty(name, expect.closeTo(floor, 12))
    expect(columnsOf({ losses: losses! })).toEqual([
      { name: 'train NELBO', value: 1, perString: [1, 1] },
      { name: 'test NELBO', value: 1.5, perString: [1, 2] },
      { name: 'bound', value: losses!.jensenBound },
    ])
  })

  test('have a floor of their own where the process says so, and none where probabilities are not known', async () => {
    const floored = {
      ...process,
      floor: async (_: unknown, { count }: { count: number }, seed: string) => count + seed.length,
    }
    const { losses } = await measureDenoiser(
      source,
      { ...denoiser, process: floored },
      { ...options, strings: 1 },
    )
    expect(losses!.floors).toMatchObject({ train: 4, test: 4 })
    const bare: Source = { ...source, truth: {} }
    const unknown = await measureDenoiser(bare, { ...denoiser, process: floored }, options)
    expect(unknown.losses!.floors).toEqual({ memoriser: Math.LN2 })
  })

  test('come back from JSON, a single string without an error too', () => {
    const nelbo = { mean: 1, standardError: null, perString: [1], crossEntropy: [1] }
    const written = { train: nelbo, test: nelbo, over: 'times', floors: { memoriser: 0 }, jensenBound: 1 }
    const read = MEASURES.losses.schema.parse(written)
    expect(read.train.standardError).toBeNaN()
  })
})

test('a measure applies where there is what it needs', () => {
  const needs = (subject: Equipment, ...all: Need[]) => applies({ needs: all }, subject)
  const config = { samples: 1, strings: 1, exact: false, sampler: ONE_BY_ONE, seed: '' }
  const bare: Equipment = { source: { ...source, truth: {} }, config }
  const full: Equipment = { source, config, train: 1, test: 1, process: MASKING }
  const all: Need[] = ['train', 'test', 'denoiser', 'masks', 'levels', 'posterior']
  for (const need of all) expect([need, needs(bare, need), needs(full, need)]).toEqual([need, false, true])
  expect(needs(full, ...all)).toBe(true)
  expect(needs({ ...full, test: undefined }, ...all)).toBe(false)
  expect(needs({ ...full, train: undefined }, 'test')).toBe(true)
  expect(needs(bare)).toBe(true)
  // One that is no mask-filler is a denoiser all the same.
  const causal = { ...full, process: autoregressive() }
  expect([needs(causal, 'denoiser'), needs(causal, 'masks')]).toEqual([true, false])
  const ancestral = { kind: 'ancestral', steps: 2, grid: 'uniform', temperature: 1 } as const
  expect(needs(full, 'one-by-one')).toBe(true)
  expect(needs({ ...full, config: { ...config, sampler: ancestral } }, 'one-by-one')).toBe(false)
})

test('a subject knows its distinct training strings, where it has some', () => {
  const config = { samples: 1, strings: 1, exact: false, sampler: ONE_BY_ONE, seed: '' }
  expect(subjectOf({ source, config }).known).toBeUndefined()
  expect(subjectOf({ source, config, train: strings('0001', '0001', '0100') }).known!.size).toBe(2)
})
