import { describe, expect, test } from 'vitest'
import { subjectOf } from '../../analysis/measures/measure.js'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { memoriser } from '../../analysis/oracles/memoriser.js'
import { infilling } from '../../analysis/phenomena/infilling.js'
import { copiedStrings, prototypes } from '../../analysis/phenomena/prototypes.js'
import { samplerSteps } from '../../analysis/phenomena/sampler-steps.js'
import { uTurn } from '../../analysis/phenomena/u-turn.js'
import { firstRows, stringSet } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { infill } from '../../model/processes/absorbing/infill.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'

const tables = compile(randomRhm({ v: 6, m: 2, s: 2, L: 3, seed: 'phenomena' }))
const source = rhmSource(tables)
const { levels } = source.truth
const corpus = drawCorpus(source, { train: 40, test: 200, seed: 'phenomena' })
const exact = bayesDenoiser(source)
const copier = memoriser(corpus.train, tables.v)

const against = subjectOf({
  source,
  ...corpus,
  process: MASKING,
  config: { samples: 300, strings: 8, exact: false, sampler: ONE_BY_ONE, seed: '0' },
})

describe('infill', () => {
  test('keeps what is visible, and an exact posterior fills in strings of the language', async () => {
    const masked = corpus.test.tokens.map((token, at) => (at % 3 === 0 ? tables.v : token))
    const filled = await infill(exact, masked, 'seed')
    filled.forEach((token, at) => {
      if (at % 3 !== 0) expect(token).toBe(corpus.test.tokens[at])
    })
    const points = await uTurn(exact, levels, firstRows(corpus.test, 50), 'seed')
    expect(points).toHaveLength(tables.d)
    expect(await infill(exact, masked, 'seed')).toEqual(filled)
  })
})

describe('the U-turn', () => {
  test('changes nothing the visible tokens decide, and everything once all are hidden', async () => {
    const points = await uTurn(exact, levels, corpus.test, 'seed')
    const [first, last] = [points[0]!, points.at(-1)!]
    // The root is a fresh draw: it differs with probability 1 − 1/n.
    expect(last.flips[3]).toBeCloseTo(1 - 1 / tables.n, 1)
    expect(first.flips[3]!).toBeLessThan(0.1)
    for (let level = 0; level <= 3; level++) expect(last.flips[level]!).toBeGreaterThan(first.flips[level]!)
    // Independent changes would give 1.
    expect(Math.max(...points.map((point) => point.susceptibility))).toBeGreaterThan(1.2)
  })
})

describe('infilling', () => {
  test('a memoriser restores training strings wherever what is left names them; the exact posterior makes no difference', async () => {
    const train = firstRows(corpus.train, 40)
    // Some training strings differ in one block only, and then it guesses.
    for (const { level, train: restored } of await infilling(copier, levels, train, train, 'seed'))
      if (level === 1) expect(restored).toBeGreaterThan(0.8)
    const points = await infilling(exact, levels, train, firstRows(corpus.test, 40), 'seed')
    expect(points.map(({ level, aligned }) => [level, aligned])).toEqual([
      [1, true],
      [1, false],
      [2, true],
      [2, false],
    ])
    for (const { train: seen, heldOut } of points) expect(Math.abs(seen - heldOut)).toBeLessThan(0.35)
  })
})

describe('sampler steps', () => {
  test('a copier copies at one token per call and hardly in one step', async () => {
    // Smoothed, so that tokens filled together may contradict every training string.
    const smooth = memoriser(corpus.train, tables.v, { kind: 'substitution', rate: 0.01 })
    const points = await samplerSteps(smooth, against, 300, 'seed')
    expect(points.find((point) => point.oneByOne)!.copies).toBeGreaterThan(0.8)
    const inOne = points.find((point) => point.steps === 1)!
    expect(inOne.copies).toBeLessThan(0.2)
    const many = points.filter((point) => !point.oneByOne).at(-1)!
    expect(many.copies).toBeGreaterThan(0.8)
  })
})

describe('prototypes', () => {
  test('date the first copy of every distinct training string', async () => {
    const some = await copiedStrings(copier, against, 400, 'seed')
    expect(some.size).toBeGreaterThan(30)
    const found = prototypes(against, [
      { step: 10, strings: new Set([...some].slice(0, 5)) },
      { step: 20, strings: some },
    ])
    expect(found).toHaveLength(stringSet(corpus.train).size)
    expect(found.filter(({ firstCopied }) => firstCopied === 10)).toHaveLength(5)
    expect(found.filter(({ firstCopied }) => firstCopied === null)).toHaveLength(40 - some.size)
    for (const { common } of found) expect(common).toBeGreaterThanOrEqual(0)
  })
})
