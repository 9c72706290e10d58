import { describe, expect, test } from 'vitest'
import type { CheckpointRecord } from '../../analysis/record.js'
import { summarise } from '../../analysis/run-summary.js'
import { ruleCosts } from '../../analysis/stopping/costs.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { copies, losses, record } from './records.js'

/** A valley in ln step about 150, the curve of the example of `minimum`: it is lowest at 200, and turns between 50 and 800. */
const valley = (scale = 1) =>
  [50, 100, 200, 400, 800, 1600].map((step) =>
    record(step * scale, { losses: losses({ test: Math.log(step / 150) ** 2 }) }),
  )

describe('what a study learns about rules', () => {
  const source = rhmSource(compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: 'costs' })))
  const run = (grammar: string, P: number, records: CheckpointRecord[]) =>
    summarise({ key: '', label: '', grammar, P, batch: 1, parameters: 1, source, records, phenomena: {} })
  const [memorised, novel] = [
    [-0.1, 0, 0.1, 0.2, 0.3, 0.4],
    [0.5, 0.6, 0.8, 0.9, 0.7, 0.6],
  ]
  const measured = (novelty = true) =>
    valley().map(({ step, losses }, i) =>
      record(step, {
        losses: losses!,
        copies: copies(memorised[i]!),
        ...(novelty ? { novelty: { rate: novel[i]! } as never } : {}),
      }),
    )
  const loss = (i: number) => Math.log((50 * 2 ** i) / 150) ** 2

  test('is the mean over runs of what their kept checkpoints are worth, and lose', () => {
    const rows = ruleCosts([run('a', 16, measured()), run('a', 8, measured()), run('b', 8, measured())])
    expect(rows.map(({ rule, runs, fired }) => [rule, runs, fired])).toEqual([
      ['test-minimum', 3, 3],
      ['bound', 3, 0],
      ['pilot', 1, 1],
      ['none', 3, 0],
    ])
    const close = (value: number) => expect.closeTo(value, 12)
    // The lowest loss stands at 200, the best samples at 400.
    expect(rows[0]).toMatchObject({
      memorised: close(0.1),
      novelValid: close(0.8),
      novelValidLost: close(0.1),
      testLost: close(0),
    })
    // Twice 150 of the pilot: 200 is the last checkpoint before.
    expect(rows[2]).toMatchObject({ novelValid: close(0.8), testLost: close(0) })
    for (const last of [rows[1], rows[3]])
      expect(last).toMatchObject({
        memorised: close(0.4),
        novelValid: close(0.6),
        novelValidLost: close(0.3),
        testLost: close(loss(5) - loss(2)),
      })
  })

  test('a share of copies below chance counts as none', () => {
    const first = run('a', 8, measured().slice(0, 1))
    expect(ruleCosts([first]).find(({ rule }) => rule === 'none')).toMatchObject({ memorised: 0 })
  })

  test('the pilot of a run is the smallest of its grammar', () => {
    const late = valley(8).map(({ step, losses }) => record(step, { losses: losses! }))
    const rows = ruleCosts([run('a', 32, late), run('a', 16, late), run('a', 8, measured())])
    const pilot = rows.find(({ rule }) => rule === 'pilot')!
    expect([pilot.runs, pilot.fired]).toEqual([2, 2])
    // 150 steps at 8 strings are 300 at 16 and 600 at 32: before or at the first checkpoint, 400, of both.
    expect(pilot.testLost).toBeCloseTo(loss(0) - loss(2), 12)
  })

  test('a run without a smaller one of its grammar has no pilot', () => {
    const rows = ruleCosts([run('a', 8, measured()), run('b', 32, measured())])
    expect(rows.map(({ rule }) => rule)).not.toContain('pilot')
  })

  test('of checkpoints that lack a number only the kept one matters', () => {
    const gap = measured().map((one, i) =>
      i === 5 ? record(one.step, { losses: one.losses!, copies: one.copies! }) : one,
    )
    const [first, ...others] = ruleCosts([run('a', 8, gap)])
    expect(first).toMatchObject({
      novelValid: expect.closeTo(0.8, 12),
      novelValidLost: expect.closeTo(0.1, 12),
    })
    expect(others.at(-1)).toMatchObject({ novelValid: undefined, novelValidLost: undefined })
    const bare = ruleCosts([run('a', 8, [record(10, { copies: copies(0.2) })])])
    expect(bare).toMatchObject([{ rule: 'none', memorised: 0.2, testLost: undefined }])
  })

  test('what one run does not know of has no mean', () => {
    const [row] = ruleCosts([run('a', 8, measured()), run('b', 8, measured(false))])
    expect(row).toMatchObject({ runs: 2, novelValid: undefined, novelValidLost: undefined })
    expect(row!.testLost).toBeCloseTo(0, 12)
  })

  test('the halves of a run are judged where it has them', () => {
    const halves = [0.9, 0.3, 0.2, 0.3, 0.8, 0.9].map((disagreement, i) => ({
      step: 50 * 2 ** i,
      disagreement,
      perString: [],
    }))
    const whole = { ...run('a', 8, measured()), phenomena: { 'split-half': halves } as never }
    expect(ruleCosts([whole]).map(({ rule }) => rule)).toEqual([
      'test-minimum',
      'bound',
      'split-half',
      'none',
    ])
  })
})
