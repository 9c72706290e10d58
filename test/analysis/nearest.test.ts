import { describe, expect, test } from 'vitest'
import { type NearestDistances, nearestDistances } from '../../analysis/measures/nearest.js'
import type { CheckpointRecord } from '../../analysis/record.js'
import { falseAlarmRate } from '../../analysis/stopping/nearer.js'
import { nearestDivergence } from '../../analysis/stopping/rules.js'
import { drawFromCumulative, type Random, stream } from '../../common/random.js'
import type { TokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { countStrings, randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'

const source = rhmSource(compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: 'nearest' })))
const SIZE = Number(countStrings(source.tables.grammar))
const CHECKPOINTS = 24
const Q = [40, 64, 256]

/** A run as far as the rule reads it. */
function run(c0: number, nearest: readonly Pick<NearestDistances, 'strings' | 'sampled' | 'heldOut'>[]) {
  const at = (i: number) => ({ step: 10 * (i + 1), nearest: nearest[i], copies: { expected: c0 } })
  return nearest.map((_, i) => at(i)) as unknown as CheckpointRecord[]
}

/** Whether a run that is judged after every checkpoint, as `--early-stop` does, is ever stopped: with which checkpoint, or 0. */
function stopped(records: readonly CheckpointRecord[]): number {
  const counts = records.map((_, i) => i + 1)
  return counts.find((count) => nearestDivergence(records.slice(0, count)).at.kind === 'reached') ?? 0
}

/** How many strings are how far from the nearest training string, in blocks: one call compares 256 at most. */
function counts(train: TokenMatrix, { tokens, count, length }: TokenMatrix): number[] {
  const sums = new Array<number>(length + 1).fill(0)
  for (let first = 0; first < count; first += 64) {
    const rows = Math.min(64, count - first)
    const block = { tokens: tokens.subarray(first * length, (first + rows) * length), count: rows, length }
    const { strings, heldOut } = nearestDistances(train, block, block)
    heldOut.forEach((share, h) => {
      sums[h]! += share * strings
    })
  }
  return sums
}

/** Draws the shares of `strings` strings, some of them copies, from counts by distance. */
function draw(weights: readonly number[], strings: number, random: Random, copies = 0): number[] {
  let total = 0
  const cumulative = weights.map((weight) => {
    total += weight
    return total
  })
  const shares = weights.map(() => 0)
  for (let i = 0; i < strings; i++)
    shares[random() < copies ? 0 : drawFromCumulative(random, cumulative)]! += 1 / strings
  return shares
}

describe.each([64, 512])('the nearest rule at P = %i', (P) => {
  // Every string of the language once: what independent strings of it are drawn from, without an error of its own.
  const { train, test: others } = drawCorpus(source, { train: P, test: SIZE - P, seed: 'law' })
  const heldOut = counts(train, others)
  const c0 = P / SIZE
  const language = heldOut.map((count, h) => (h === 0 ? count + P : count))
  /** Fresh samples for every checkpoint, the same held-out strings for all; copies on top from a checkpoint on. */
  const planted = (strings: number, seed: string, copies = 0, from = 0) => {
    const random = stream(seed, `nearest/${P}`, strings)
    const held = draw(heldOut, strings, random)
    const sampled = (i: number) => draw(language, strings, random, i < from ? 0 : copies)
    const nearest = Array.from({ length: CHECKPOINTS }, (_, i) => ({ strings, sampled: sampled(i) }))
    return run(
      c0,
      nearest.map((one) => ({ ...one, heldOut: held })),
    )
  }
  const seeds = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)

  test.each(Q)('accuses as few perfect generalisers as it says, with %i held-out strings', (strings) => {
    const runs = 600
    const alarms = seeds(runs).filter((seed) => stopped(planted(strings, seed)) > 0).length
    const stated = falseAlarmRate(CHECKPOINTS)
    expect(stated).toBeCloseTo(0.025, 12)
    expect(alarms / runs).toBeLessThanOrEqual(stated + 2 * Math.sqrt((stated * (1 - stated)) / runs))
  })

  test.each(Q)('stops at a quarter of copies, with %i held-out strings', (strings) => {
    const found = seeds(50).map((seed) => stopped(planted(strings, seed, 0.25, 12)))
    // Among the twelve checkpoints that copy; with 256 strings at the first of them.
    expect(found.filter((count) => count > 12).length).toBeGreaterThanOrEqual(strings < 64 ? 25 : 45)
    if (strings === 256) expect(found.filter((count) => count === 13).length).toBeGreaterThanOrEqual(45)
  })

  test.each(Q)('stops a memoriser at once, with %i held-out strings', (strings) => {
    for (const seed of seeds(20)) expect(stopped(planted(strings, seed, 1))).toBe(1)
    const said = nearestDivergence(planted(strings, 'one', 1, 12))
    expect(said.at.kind === 'reached' && said.at.step).toBeGreaterThan(120)
    expect(said.keep).toBe(120)
    expect(said.interval![0]).toBeLessThanOrEqual(130)
    expect(said.interval![1]).toBeGreaterThan(120)
  })
})

test('strings of the language pass and training strings do not, compared with all held-out strings there are', () => {
  const P = 128
  const { train, test: heldOut } = drawCorpus(source, { train: P, test: 64, seed: 'own' })
  const measured = (samples: (i: number) => TokenMatrix) =>
    run(
      P / SIZE,
      Array.from({ length: CHECKPOINTS }, (_, i) => nearestDistances(train, samples(i), heldOut)),
    )
  const fresh = measured(
    (i) => drawCorpus(source, { train: 500, test: 0, seed: `fresh ${i}`, replacement: true }).train,
  )
  expect(fresh[0]!.nearest!.strings).toBe(64)
  expect(stopped(fresh)).toBe(0)
  expect(stopped(measured(() => train))).toBe(1)
})

test('never more than 256 strings are compared', () => {
  const { train, test: heldOut } = drawCorpus(source, { train: 300, test: 300, seed: 'most' })
  expect(nearestDistances(train, train, heldOut).strings).toBe(256)
})

test('says nothing where all strings are equally far, and promises 5 % of runs however long', () => {
  const alike = { strings: 40, sampled: [0, 1], heldOut: [0, 1] }
  expect(nearestDivergence(run(0, [alike, alike])).at.kind).toBe('censored')
  expect(falseAlarmRate(1e9)).toBeLessThanOrEqual(0.05)
})
