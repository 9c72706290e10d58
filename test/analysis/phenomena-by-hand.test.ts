import { describe, expect, test } from 'vitest'
import { subjectOf } from '../../analysis/measures/measure.js'
import { memoriser } from '../../analysis/oracles/memoriser.js'
import { infilling } from '../../analysis/phenomena/infilling.js'
import { copiedStrings, prototypes } from '../../analysis/phenomena/prototypes.js'
import { PHENOMENA } from '../../analysis/phenomena/results.js'
import { samplerSteps } from '../../analysis/phenomena/sampler-steps.js'
import { uTurn } from '../../analysis/phenomena/u-turn.js'
import type { Levels } from '../../corpus/truth.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { twoStrings as source, strings, sureOf } from '../reference/by-hand.js'
import { listDenoiser } from '../reference/enumeration.js'

const { levels } = source.truth
/** Many strings that are all the same. */
const many = (text: string, count = 200) => strings(...new Array<string>(count).fill(text))
const subject = (...train: string[]) =>
  subjectOf({
    source,
    train: strings(...train),
    process: MASKING,
    config: { samples: 1, strings: 1, exact: false, sampler: ONE_BY_ONE, seed: '0' },
  })

describe('infilling', () => {
  /** A hierarchy of threes, of which only the places of blocks are asked. */
  const threes = { depth: 3, nodes: (level: number) => 3 ** (3 - level) } as unknown as Levels

  test('hides one stretch: a block of the level, or half a block beside one', async () => {
    const denoiser = sureOf('0'.repeat(27), 1)
    await infilling(denoiser, threes, many('0'.repeat(27), 60), many('0'.repeat(27), 1), 'seed')
    const hidden = (length: number, count: number, from: number) =>
      Array.from({ length: count }, (_, i) => {
        const before = from + i * length
        return `${'0'.repeat(before)}${'1'.repeat(length)}${'0'.repeat(27 - before - length)}`
      })
    // As they were shown first: of each kind there are 61 strings, and so many calls as tokens are hidden.
    const first = [0, 61 * 3, 61 * 6, 61 * 15].map((at) => new Set(denoiser.shown.slice(at, at + 60)))
    expect(first.map((rows) => [...rows].sort().reverse())).toEqual(
      [hidden(3, 9, 0), hidden(3, 8, 2), hidden(9, 3, 0), hidden(9, 2, 5)].map((rows) =>
        rows.sort().reverse(),
      ),
    )
  })

  test('counts the strings that come back as they were, whole', async () => {
    // What is hidden turns to 0: a stretch across the middle is told, and of two blocks the one that is 0.
    const denoiser = sureOf('0000')
    const [aligned, across, ...none] = await infilling(
      denoiser,
      levels,
      many('1001', 80),
      many('1100', 80),
      'seed',
    )
    const behind = denoiser.shown.slice(160, 240).filter((row) => row === '1122').length
    expect(Math.abs(behind - 40)).toBeLessThan(4 * Math.sqrt(80 / 4))
    expect(aligned).toEqual({ level: 1, aligned: true, train: 0, heldOut: behind / 80 })
    expect(across).toEqual({ level: 1, aligned: false, train: 1, heldOut: 0 })
    // The root covers all: nothing would be left to fill it from.
    expect(none).toEqual([])
  })

  test('is the same under one seed, and another under others', async () => {
    const front = async (seed: string) =>
      (await infilling(sureOf('0000'), levels, many('0011', 80), many('0011', 80), seed))[0]!
    expect(await front('a')).toEqual(await front('a'))
    const found = await Promise.all(['a', 'b', 'c'].map(front))
    expect(new Set(found.flatMap(({ train, heldOut }) => [train, heldOut])).size).toBeGreaterThan(3)
  })
})

describe('the U-turn', () => {
  test('hides k = 1..T tokens anywhere, of each string and for each k others', async () => {
    const denoiser = sureOf('0000')
    const given = many('0000')
    await uTurn(denoiser, levels, given, 'seed')
    // Of k there are k calls, of 200 strings each; the first shows all that are hidden.
    const rows = [0, 1, 3, 6].map((calls) => denoiser.shown.slice(200 * calls, 200 * (calls + 1)))
    rows.forEach((some, i) => {
      for (const row of some) expect(row.match(/2/g)).toHaveLength(i + 1)
    })
    expect(rows.map((some) => new Set(some).size)).toEqual([4, 6, 4, 1])
    // One token is among two that are drawn without it in half of all strings.
    const within = rows[0]!.filter((row, i) => rows[1]![i]![row.indexOf('2')] === '2').length
    expect(Math.abs(within / 200 - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 4 / 200))
    expect(given).toEqual(many('0000'))
  })

  test('counts the symbols of every level that changed, those that no longer parse among them', async () => {
    const points = await uTurn(sureOf('0000'), levels, many('0100'), 'seed')
    points.forEach(({ hidden, flips }, i) => {
      const k = i + 1
      expect(hidden).toBe(k)
      // The one token changes where it is hidden; with it one block of two, and the root.
      expect(flips[1]).toBeCloseTo(2 * flips[0]!, 12)
      expect(flips[2]).toBeCloseTo(4 * flips[0]!, 12)
      expect(Math.abs(flips[2]! - k / 4)).toBeLessThan(0.15)
    })
    expect(points[3]!.flips).toEqual([1 / 4, 1 / 2, 1])
  })

  test('tells how many tokens change together: none, each alone, two, as many as there are', async () => {
    const last = async (texts: readonly string[], from: string) => {
      const language = {
        strings: texts.map((text) => Int32Array.from(text, Number)),
        probabilities: texts.map(() => 1),
      }
      return (await uTurn(listDenoiser(language, 4, 2), levels, many(from), 'seed'))[3]!
    }
    expect((await last(['0000'], '0000')).susceptibility).toBe(0)
    expect((await last(['0000'], '1111')).susceptibility).toBe(0)
    expect((await last(['0000', '0100'], '0100')).susceptibility).toBeCloseTo(1, 9)
    expect((await last(['0000', '0011'], '0000')).susceptibility).toBeCloseTo(2, 9)
    expect((await last(['0000', '1111'], '1111')).susceptibility).toBeCloseTo(4, 9)
    // One of two tokens, never both: against each other they cancel.
    expect((await last(['0010', '0001'], '0010')).susceptibility).toBeCloseTo(2, 9)
    expect((await last(['1000', '0100'], '0000')).susceptibility).toBeCloseTo(0, 9)
    // How many of k tokens change is no matter of chance where all do.
    const points = await uTurn(sureOf('0000'), levels, many('1111'), 'seed')
    for (const { susceptibility } of points) expect(susceptibility).toBeCloseTo(0, 9)
  })

  test('draws others under another seed', async () => {
    const language = {
      strings: [
        [0, 0, 0, 0],
        [0, 0, 1, 1],
      ].map((row) => Int32Array.from(row)),
      probabilities: [1, 1],
    }
    const flips = async (seed: string) =>
      (await uTurn(listDenoiser(language, 4, 2), levels, many('0000'), seed))[3]!.flips[0]
    expect(await flips('a')).toBe(await flips('a'))
    expect(new Set(await Promise.all(['a', 'b', 'c', 'd'].map(flips))).size).toBeGreaterThan(1)
  })
})

describe('sampler steps', () => {
  test('double from one to four per token; one token per call comes last', async () => {
    const points = await samplerSteps(sureOf('0100'), subject('0001'), 3, 'seed')
    const row = (steps: number, oneByOne: boolean) => ({
      steps,
      oneByOne,
      copies: 0,
      // Chance would make one copy of every two valid strings.
      memorised: expect.closeTo(-1, 12),
      novelValid: 1,
      validity: [1, 1],
    })
    expect(points).toEqual([...[1, 2, 4, 8, 16].map((steps) => row(steps, false)), row(4, true)])
  })

  test('in one step tokens are filled as if they were independent, one by one they are not', async () => {
    const train = strings('0001', '0100')
    // So nearly a memoriser that only what no training string agrees with makes a difference.
    const nearly = memoriser(train, 2, { kind: 'additive', c: 1e-9 })
    const points = await samplerSteps(nearly, subject('0001'), 400, 'seed')
    const [one, last] = [points[0]!, points.at(-1)!]
    // 0001, 0100, 0000 and 0101 equally often.
    for (const share of [one.copies, one.novelValid, one.validity[1]! / 2])
      expect(Math.abs(share - 1 / 4)).toBeLessThan(0.09)
    for (const share of [last.copies, last.novelValid]) expect(Math.abs(share - 1 / 2)).toBeLessThan(0.1)
    expect([last.validity, one.validity[0]]).toEqual([[1, 1], 1])
    const other = await samplerSteps(nearly, subject('0001'), 400, 'other')
    expect(other.at(-1)!.copies).not.toBe(last.copies)
  })
})

test('what experiments find is what a result file may hold, beside its checkpoint', async () => {
  const written = {
    'sampler-steps': await samplerSteps(sureOf('0100'), subject('0001'), 3, 'seed'),
    'u-turn': await uTurn(sureOf('0100'), levels, many('0100', 3), 'seed'),
    infilling: await infilling(sureOf('0100'), levels, many('0100', 3), many('0001', 3), 'seed'),
  }
  for (const [name, points] of Object.entries(written)) {
    const { rows } = PHENOMENA[name as keyof typeof written]
    for (const step of [null, 10])
      expect(rows.safeParse(points.map((point) => ({ ...point, step }))).success).toBe(true)
    expect(rows.safeParse(points).success).toBe(false)
  }
  expect(PHENOMENA.prototypes.rows.safeParse(prototypes(subject('0001'), [])).success).toBe(true)
})

describe('prototypes', () => {
  test('say how common the blocks of each distinct training string are, and when samples first held it', () => {
    const against = subject('0001', '0001', '0100', '0000')
    const at = (step: number, ...found: number[]) => ({ step, strings: new Set(found) })
    // 00 is in front of three of the four, 01 behind two, 00 behind two, 01 in front of one.
    expect(prototypes(against, [at(10, 2), at(20, 0, 2)])).toEqual([
      { logProbability: expect.closeTo(-Math.LN2, 12), common: Math.log((3 + 2) / 2), firstCopied: 20 },
      { logProbability: expect.closeTo(-Math.LN2, 12), common: Math.log((1 + 2) / 2), firstCopied: 10 },
      { logProbability: Number.NEGATIVE_INFINITY, common: Math.log((3 + 2) / 2), firstCopied: null },
    ])
  })

  test('tell blocks apart that are written alike', () => {
    // 1 11 and 11 1: tokens of two digits are none of two tokens.
    const T = 4
    const tokens = Int32Array.of(1, 11, 0, 0, 11, 1, 0, 0)
    const against = { ...subject('0001'), train: { tokens, count: 2, length: T } }
    const known = { size: 2, find: (_: Int32Array, offset = 0) => offset / T }
    for (const { common } of prototypes({ ...against, known }, []))
      expect(common).toBeCloseTo(Math.log(1.5), 12)
  })

  test('are found among samples by the first of their places in training', async () => {
    const against = subject('0100', '0001', '0001')
    expect(await copiedStrings(sureOf('0001'), against, 5, 'seed')).toEqual(new Set([1]))
    expect(await copiedStrings(sureOf('0100'), against, 5, 'seed')).toEqual(new Set([0]))
    expect(await copiedStrings(sureOf('0000'), against, 5, 'seed')).toEqual(new Set())
    expect(await copiedStrings(sureOf('0001'), against, 0, 'seed')).toEqual(new Set())
    // One sample after another holds 0010, none by itself.
    expect(await copiedStrings(sureOf('0001'), subject('0010'), 12, 'seed')).toEqual(new Set())
    const both = memoriser(strings('0001', '0100'), 2)
    expect(await copiedStrings(both, against, 40, 'seed')).toEqual(new Set([0, 1]))
  })
})
