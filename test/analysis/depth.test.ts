import { describe, expect, test } from 'vitest'
import { acquiredDepth, copiedBeyondChance } from '../../analysis/depth.js'
import type { LevelMetrics } from '../../analysis/measures/levels.js'
import { phaseTiles } from '../../analysis/phase.js'
import { summarise } from '../../analysis/run-summary.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { level, record } from './records.js'

/** A level with q, copied blocks, what chance says of those, and the novel blocks it was counted over. */
const measured = (
  index: number,
  q: number | null,
  copied: number | null = null,
  c0: number | null = null,
  blocks = 100,
): LevelMetrics => ({
  ...level(index, { nodeValidity: 1, acquisition: q, acquisitionTrials: blocks }),
  blockCopies: copied,
  blockCopiesExpected: c0,
})
const depthOf = (...levels: LevelMetrics[]) => acquiredDepth({ levels })

describe('a level is acquired', () => {
  test('from q = .5 on', () => {
    expect(depthOf(measured(1, 0.499))).toBe(0)
    expect(depthOf(measured(1, 0.5))).toBe(1)
    expect(depthOf(measured(1, null))).toBe(0)
  })

  test('unless more than half of its valid blocks, beyond those of chance, are pieces of training strings', () => {
    // (c − c0)/(1 − c0) with c0 = .2: a half at .6.
    expect(copiedBeyondChance(measured(1, 1, 0.6, 0.2), 1)).toBeCloseTo(0.5, 12)
    expect(depthOf(measured(1, 1, 0.59, 0.2))).toBe(1)
    for (const copied of [0.61, 0.75, 0.91, 1]) expect(depthOf(measured(1, 1, copied, 0.2))).toBe(0)
    // Without chance copies the share itself counts.
    expect([0.5, 0.501, 0.85].map((copied) => depthOf(measured(1, 1, copied, 0)))).toEqual([1, 0, 0])
  })

  test('whatever is copied, where a perfect generaliser’s blocks are nearly all in the training strings too', () => {
    expect(depthOf(measured(1, 1, 1, 0.9))).toBe(0)
    expect(depthOf(measured(1, 1, 1, 0.91))).toBe(1)
    expect(copiedBeyondChance(measured(1, 1, 1, 0.91), 0.9)).toBeNull()
    expect(depthOf(measured(1, 1))).toBe(1)
  })

  test('and not copied beyond chance where nothing was counted, or nothing is known of chance', () => {
    expect(copiedBeyondChance(measured(1, 1, null, 0.2), 1)).toBeNull()
    expect(copiedBeyondChance(measured(1, 1, 0.6, null), 1)).toBeNull()
    expect(copiedBeyondChance(measured(1, 1, null, null), 1)).toBeNull()
  })

  test('where there are levels at all', () => {
    expect(acquiredDepth({})).toBe(0)
  })

  test('only above levels that are, and where 50 novel blocks can tell', () => {
    expect(depthOf(measured(1, 1), measured(2, 0.4), measured(3, 1))).toBe(1)
    expect(depthOf(measured(1, 1), measured(2, 1, 0.9, 0.2), measured(3, 1))).toBe(1)
    expect(depthOf(measured(1, 1), measured(2, 1), measured(3, 1))).toBe(3)
    expect(depthOf(measured(1, 1, null, null, 50))).toBe(1)
    expect(depthOf(measured(1, 1, null, null, 49))).toBe(0)
    expect(depthOf(measured(1, 1), measured(2, 1, null, null, 49))).toBeUndefined()
  })
})

test('a tile of the phase diagram holds the mean depth of its runs, the last one that could be told', () => {
  const source = rhmSource(compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: 'tiles' })))
  const run = (key: string, ...depths: LevelMetrics[][]) =>
    summarise({
      key,
      label: '',
      grammar: 'g',
      P: 8,
      batch: 1,
      parameters: 1,
      source,
      records: depths.map((levels, i) => record(10 ** i, { levels })),
      phenomena: {},
    })
  const [both, copied, few] = [
    [measured(1, 1), measured(2, 1)],
    [measured(1, 1), measured(2, 1, 0.7, 0.2)],
    [measured(1, 1), measured(2, 1, null, null, 10)],
  ]
  const tiles = phaseTiles([run('a', both!, few!), run('b', copied!, copied!)])
  expect(tiles.map(({ P, step, depth }) => [P, step, depth])).toEqual([
    [8, 1, 1.5],
    [8, 10, 1.5],
  ])
})
