import { describe, expect, test } from 'vitest'
import { averageCurve, groupByP, stepRange } from '../../analysis/groups.js'
import { clockLine, edges, phaseTiles } from '../../analysis/phase.js'
import { summarise } from '../../analysis/run-summary.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { copies, level, losses, record } from './records.js'

const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 2, seed: 'phase' })))

/** A run that knows so many levels, and copies so much, at these steps; −1: too few novel samples to tell. */
const run = (P: number, steps: readonly number[], depth: readonly number[], rho: readonly number[]) =>
  summarise({
    key: `${P}`,
    label: '',
    grammar: `${P}/${depth.join()}`,
    P,
    batch: 1,
    parameters: 1,
    source,
    records: steps.map((step, i) =>
      record(step, {
        copies: copies(rho[i]!),
        losses: losses({ test: step }),
        levels: [1, 2].map((l) =>
          level(l, {
            nodeValidity: 1,
            acquisition: l <= Math.abs(depth[i]!) ? 1 : 0,
            acquisitionTrials: depth[i]! < 0 && l > 1 ? 10 : 100,
          }),
        ),
      }),
    ),
    phenomena: {},
  })

const steps = [0, 10, 100, 1000]
const runs = [
  run(64, steps, [0, 1, 2, 2], [0, 0.1, 0.3, 0.9]),
  run(16, steps, [0, 0, 1, -1], [0, -0.2, 0.4, 0.8]),
  run(16, [0, 10, 50, 100, 1000], [0, 1, 2, 1, 2], [0, 0, 0, 0.2, 0.6]),
]

describe('groups', () => {
  test('hold the runs of one P, smallest first', () => {
    expect(groupByP(runs).map(({ P, runs: members }) => [P, members.length])).toEqual([
      [16, 2],
      [64, 1],
    ])
    expect(stepRange(runs)).toEqual([10, 1000])
  })

  test('average a curve at steps beyond 0 that all of their runs kept, with its ends', () => {
    const [small] = groupByP(runs)
    expect(averageCurve(small!, (one) => one.copies?.memorised)).toEqual([
      { step: 10, value: expect.closeTo(-0.1, 12), low: -0.2, high: 0 },
      { step: 100, value: expect.closeTo(0.3, 12), low: 0.2, high: 0.4 },
      { step: 1000, value: expect.closeTo(0.7, 12), low: 0.6, high: 0.8 },
    ])
  })

  test('average what is known, and leave out steps at which nothing is', () => {
    const [small] = groupByP(runs)
    const curve = averageCurve(small!, ({ step, copies }) =>
      step === 10 ? null : step === 100 && copies!.memorised! > 0.3 ? undefined : copies!.memorised,
    )
    expect(curve.map(({ step, value, low, high }) => [step, value, low, high])).toEqual([
      [100, 0.2, 0.2, 0.2],
      [1000, 0.7, 0.6, 0.8],
    ])
    expect(averageCurve({ P: 1, runs: [] }, () => 1)).toEqual([])
    // Step 50 is kept by one of the two, whichever comes first.
    for (const members of [small!.runs, [...small!.runs].reverse()])
      expect(averageCurve({ P: 16, runs: members }, () => 1).map(({ step }) => step)).toEqual([10, 100, 1000])
  })
})

describe('the phase diagram', () => {
  test('has borders half-way in logarithm, and as far beyond the ends', () => {
    edges([1, 4, 64]).forEach((edge, i) => {
      expect(edge).toBeCloseTo([0.5, 2, 16, 256][i]!, 12)
    })
    expect(edges([8])).toHaveLength(2)
    edges([8]).forEach((edge, i) => {
      expect(edge).toBeCloseTo(8 * 2 ** (i - 0.5), 12)
    })
  })

  test('has a tile per P and shared step: mean depth, and the memorised fraction, at least 0', () => {
    const tiles = phaseTiles(runs)
    expect(tiles.map(({ P, step, depth, memorised }) => [P, step, depth, memorised])).toEqual([
      [16, 10, 0.5, 0],
      // The second run had acquired two levels at step 50, and then lost one.
      [16, 100, 1, expect.closeTo(0.3, 12)],
      // The first can no longer tell: its last depth stands.
      [16, 1000, 1.5, expect.closeTo(0.7, 12)],
      [64, 10, 1, 0.1],
      [64, 100, 2, 0.3],
      [64, 1000, 2, 0.9],
    ])
    const first = tiles[0]!
    expect([first.low, first.high, first.left, first.right].map((x) => Math.round(x * 100) / 100)).toEqual([
      3.16, 31.62, 8, 32,
    ])
    expect([tiles[4]!.left, tiles[4]!.right].map(Math.round)).toEqual([32, 128])
  })

  test('has the same tiles whichever run comes first, and nothing memorised where copies were not measured', () => {
    const [long, short] = [runs[2]!, runs[1]!]
    const tiles = phaseTiles([long, short])
    expect(tiles.map(({ step, depth }) => [step, depth])).toEqual([
      [10, 0.5],
      [100, 1],
      [1000, 1.5],
    ])
    const bare = { ...short, records: short.records.map(({ copies: _, ...rest }) => rest) }
    expect(phaseTiles([long, bare]).map(({ memorised }) => memorised)).toEqual([
      0,
      expect.closeTo(0.1, 12),
      expect.closeTo(0.3, 12),
    ])
  })

  test('smoothed, neither depth nor copies fall again', () => {
    const falling = [run(16, steps, [0, 2, 1, 2], [0, 0.4, 0.2, 0.6])]
    expect(phaseTiles(falling).map(({ depth }) => depth)).toEqual([2, 1, 2])
    const smooth = phaseTiles(falling, 'isotonic')
    expect(smooth.map(({ depth }) => depth)).toEqual([1.5, 1.5, 2])
    smooth.forEach(({ memorised }, i) => {
      expect(memorised).toBeCloseTo([0.3, 0.3, 0.6][i]!, 12)
    })
  })

  test('has a line of geometric means where at least half of the runs of a P got there', () => {
    const clock = { kind: 'copies', threshold: 0.25 } as const
    const struck = (rho: readonly number[]) => run(16, steps, [0, 1, 1, 1], rho)
    // One passes .25 at step 10, the other at 100: their mean is half-way in logarithm.
    const [early, late, never] = [
      struck([0, 0.25, 0.25, 0.25]),
      struck([0, 0, 0.25, 0.25]),
      struck([0, 0, 0, 0]),
    ]
    expect(clockLine([early, late], clock)).toEqual([
      { clock: 'τ_copy', P: 16, step: expect.closeTo(Math.sqrt(1000), 6) },
    ])
    expect(clockLine([late, never], clock)).toEqual([
      { clock: 'τ_copy', P: 16, step: expect.closeTo(100, 6) },
    ])
    expect(clockLine([late, never, never], clock)).toEqual([])
    expect(clockLine([never], clock)).toEqual([])
  })
})
