import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clock, clocks, type Reading, strikeOf } from '../../analysis/clocks.js'
import type { CheckpointRecord } from '../../analysis/record.js'
import { reachedStep } from '../../analysis/strike.js'
import { createRun } from '../../run/run.js'

/** One small network trained from scratch: the phenomenon itself, on the smallest grammar that shows it. */
let directory: string
let records: CheckpointRecord[]
let readings: Reading[]
/** When a clock of the run strikes, or undefined; the clock must be there. */
const step = (clock: Clock) => {
  const strike = strikeOf(readings, clock)
  if (!strike) throw new Error(`no clock ${JSON.stringify(clock)}`)
  return reachedStep(strike)
}
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'learning-'))
  const run = createRun(join(directory, 'run'), {
    grammar: { v: 8, m: 2, s: 2, L: 3, seed: '1' },
    corpus: { train: 64, test: 512 },
    steps: 5000,
    ema: { decay: 0.998 },
    checkpoints: { count: 22 },
  })
  await run.train({ device: 'cpu' })
  const options = {
    samples: 1000,
    strings: 256,
    exact: false,
    sampler: { kind: 'random-order', temperature: 1 },
    seed: '0',
  } as const
  records = await run.analyse(options, { device: 'cpu' })
  readings = clocks(records)
}, 200_000)
afterAll(() => rmSync(directory, { recursive: true }))

describe('a network trained on 64 strings of the grammar (8, 2, 2, 3)', () => {
  test('acquires level 1 before level 2', () => {
    const [one, two] = [1, 2].map((level) => step({ kind: 'acquisition', level, threshold: 0.5 }))
    expect(one).toBeLessThan(two!)
  })

  test('turns: test minimum, then train below H, then copies', () => {
    const turn = step({ kind: 'test-minimum' })
    const floor = step({ kind: 'train-below-floor' })
    const copies = step({ kind: 'copies', threshold: 0.25 })
    expect(turn).toBeLessThan(floor!)
    expect(floor).toBeLessThan(copies!)
  })

  test('climbs the oracle staircase, until the memoriser is nearest', () => {
    expect(records[0]!.oracles!.acquired).toBe(0)
    expect(Math.max(...records.map(({ oracles }) => oracles!.acquired))).toBeGreaterThanOrEqual(1)
    const crossing = step({ kind: 'memoriser-nearest' })
    expect(crossing).toBeGreaterThan(step({ kind: 'test-minimum' })!)
    expect(crossing).toBeLessThan(step({ kind: 'copies', threshold: 0.5 }) ?? Number.POSITIVE_INFINITY)
  })

  test('copies at least as often as the Jensen bound says, at every checkpoint (law 16)', () => {
    for (const { losses, copies } of records)
      expect(copies!.interval[1]).toBeGreaterThan(losses!.jensenBound - 0.01)
    expect(records.at(-1)!.losses!.jensenBound).toBeGreaterThan(0.2)
  })

  test('starts at the loss of a guess, d·ln v, and ends far below the entropy on its training strings', () => {
    expect(records[0]!.losses!.test.mean).toBeGreaterThan(0.98 * 8 * Math.log(8))
    const { train: trained, test: held, floors } = records.at(-1)!.losses!
    expect(trained.mean).toBeLessThan(floors.entropy! - 1)
    expect(held.mean).toBeGreaterThan(floors.entropy!)
  })
})
