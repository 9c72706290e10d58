import { describe, expect, test } from 'vitest'
import { clockLaws, collapses, describeFit, levelThresholds } from '../../analysis/laws/clock-laws.js'
import { clockMeans, clockRatios } from '../../analysis/laws/clock-means.js'
import { fitPowerLaw, type PowerLaw } from '../../analysis/laws/power-law.js'
import type { CheckpointRecord } from '../../analysis/record.js'
import { type RunSummary, summarise } from '../../analysis/run-summary.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { copies, level, losses, record } from './records.js'

/** Thresholds P*_ℓ by their closed forms: 21.3, 85.3, 170.7, 341.3 with rules reused, 21.3, 85.3, 341.3, 1365.3 without. */
const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 4, seed: 'laws' })))

const run = (P: number, records: readonly CheckpointRecord[], values: Partial<RunSummary> = {}) =>
  summarise({
    key: `${P}`,
    label: '',
    grammar: 'g',
    P,
    batch: 1,
    parameters: 1,
    source,
    records,
    phenomena: {},
    ...values,
  })
/** A test loss that is lowest at its first step. */
const rising = (first: number) =>
  [0, 1, 2, 3, 4].map((i) => record(first * 2 ** i, { losses: losses({ test: i }) }))
/** One that falls as long as it is watched: up to this step. */
const falling = (last: number) =>
  [0, 1, 2, 3, 4].map((i) => record(last / 2 ** (4 - i), { losses: losses({ test: 9 - i }) }))
const testLaws = (runs: readonly RunSummary[]) =>
  clockLaws(runs).filter(({ clock }) => clock.kind === 'test-minimum')

describe('the law of a clock', () => {
  const three = [30, 40, 60].flatMap((P) =>
    ['a', 'b', 'c'].map((grammar, g) => run(P, rising((g + 1) * P ** 1.5), { grammar })),
  )

  test('goes through the steps at which it struck, bounds below it change nothing', () => {
    const [law] = testLaws([...three, run(60, falling(100), { grammar: 'a' })])
    expect(law!.points).toHaveLength(9)
    expect(law!.points[0]).toEqual({ P: 30, step: expect.closeTo(30 ** 1.5, 9) })
    expect(law!.censored).toBe(1)
    expect(law!.fit!.exponent).toBeCloseTo(1.5, 9)
    expect(law!.fit!.intercept).toBeCloseTo(Math.log(6) / 3, 9)
    expect(describeFit(law!)).toBe('P^1.50 [1.50, 1.50]')
  })

  test('is of all runs and of every depth regime with two P, where there are several', () => {
    const regimes = (...strings: number[]) =>
      testLaws(strings.map((P) => run(P, rising(P)))).map(({ regime }) => regime)
    expect(regimes(30, 40)).toEqual([null])
    expect(regimes(10, 400, 500)).toEqual([null, 4])
    expect(regimes(500, 12, 400, 10)).toEqual([null, 0, 4])
    const { levels: _, ...truth } = source.truth
    const unknown = [10, 12, 400, 500].map((P) => run(P, rising(P), { source: { ...source, truth } }))
    expect(testLaws(unknown).map(({ regime }) => regime)).toEqual([null])
  })

  test('holds runs that have its clock only', () => {
    const without = run(50, [record(10, { copies: copies(0) })])
    expect(testLaws([...three, without])[0]).toMatchObject({ censored: 0, points: { length: 9 } })
  })

  /** A training loss that stands below the floor from this checkpoint of 0, 1, 2, 3 on, or never. */
  const below = (from: number) =>
    [0, 10, 20, 30].map((step, i) =>
      record(step, { losses: losses({ train: i >= from ? 0 : 99, entropy: 9 }) }),
    )
  const floor = ({ clock }: { readonly clock: { readonly kind: string } }) =>
    clock.kind === 'train-below-floor'

  test('leaves out what had struck before training, and says in how many runs', () => {
    const started = [1, 2].flatMap((P) => ['a', 'b', 'c'].map((grammar) => run(P, below(0), { grammar })))
    const [law] = clockLaws(started).filter(floor)
    expect(law).toMatchObject({ points: [], censored: 0, atStart: 6, fit: undefined })
    expect(describeFit(law!)).toBe('too few struck')
    const [mixed] = clockLaws([...started, run(2, below(1)), run(2, below(9))]).filter(floor)
    expect(mixed).toMatchObject({ points: [{ P: 2, step: 10 }], censored: 1, atStart: 6 })
  })

  test('has no mean and no ratio where a run had struck before training, but says how many had', () => {
    const runs = ['a', 'b', 'c'].map((grammar, g) => run(2, below(g === 0 ? 0 : 1), { grammar }))
    expect(clockMeans(runs).find(floor)).toMatchObject({
      mean: undefined,
      interval: null,
      reached: 2,
      atStart: 1,
      runs: 3,
    })
    const all = ['a', 'b'].map((grammar) => run(2, below(0), { grammar }))
    expect(clockMeans(all).find(floor)).toMatchObject({ mean: undefined, reached: 0, atStart: 2, runs: 2 })
    expect(clockMeans(runs.slice(1)).find(floor)).toMatchObject({ mean: expect.closeTo(10, 9), atStart: 0 })
  })

  test('is written with its interval, or with the reason why it has none', () => {
    const law = (values: Partial<PowerLaw>) =>
      describeFit({ fit: { exponent: 0.977, intercept: 0, interval: [0.9, 1.096], grammars: 3, ...values } })
    expect(law({})).toBe('P^0.98 [0.90, 1.10]')
    expect(law({ interval: null })).toBe('too few struck')
    expect(law({ interval: null, grammars: 2 })).toBe('needs three grammars')
    expect(describeFit({ fit: undefined })).toBe('too few struck')
  })
})

describe('a power law', () => {
  /** Three grammars at six x; from `until` on they were watched, and no more. */
  const points = (until: number) =>
    ['a', 'b', 'c'].flatMap((grammar, g) =>
      [1, 2, 3, 4, 5, 6].map((i) => ({
        grammar,
        x: 4 ** i,
        y: 4 ** (i * (1 + g / 4)),
        censored: i >= until,
      })),
    )

  test('has an interval where half of the runs struck, none where fewer did', () => {
    expect(fitPowerLaw(points(4))!.interval).not.toBeNull()
    const fewer = [...points(4), { grammar: 'a', x: 4, y: 1, censored: true }]
    expect(fitPowerLaw(fewer)!.interval).toBeNull()
    expect(fitPowerLaw(points(2))).toBeUndefined()
    expect(fitPowerLaw([])).toBeUndefined()
  })
})

describe('data that a level takes', () => {
  /** A run whose checkpoints have acquired so many levels each. */
  const acquired = (P: number, ...depths: number[]) =>
    run(
      P,
      depths.map((depth, i) =>
        record(10 * 2 ** i, {
          levels: [1, 2, 3, 4].map((l) =>
            level(l, { nodeValidity: 1, acquisition: l <= depth ? 1 : 0, acquisitionTrials: 100 }),
          ),
        }),
      ),
    )

  test('was seen from the smallest P at which half of the runs acquired it, at whatever checkpoint', () => {
    const runs = [
      ...[acquired(200, 2), acquired(200, 1), acquired(200, 1)],
      ...[acquired(50, 0), acquired(50, 0, 1, 0)],
      ...[acquired(70, 2), acquired(70, 1), acquired(70, 1)],
      ...[acquired(100, 1), acquired(100, 2)],
    ]
    expect(levelThresholds(runs)).toEqual(
      [
        { reuse: 64 / 3, raw: 64 / 3, reached: 50, missed: null },
        // Above the P that reached it fewer than half are no miss.
        { reuse: 256 / 3, raw: 256 / 3, reached: 100, missed: 70 },
        { reuse: 512 / 3, raw: 1024 / 3, reached: null, missed: 200 },
        { reuse: 1024 / 3, raw: 4096 / 3, reached: null, missed: 200 },
      ].map(({ reuse, raw, ...seen }, i) => ({
        level: i + 1,
        reuse: expect.closeTo(reuse, 9),
        raw: expect.closeTo(raw, 9),
        ...seen,
      })),
    )
  })

  test('cannot be seen where too few blocks tell, nor predicted without levels', () => {
    const few = [1, 2].map((l) =>
      level(l, { nodeValidity: 1, acquisition: 1, acquisitionTrials: l === 2 ? 1 : 100 }),
    )
    expect(levelThresholds([run(50, [record(10, { levels: few })])])[0]).toMatchObject({ reached: null })
    const { levels: _, ...truth } = source.truth
    expect(levelThresholds([run(50, [], { source: { ...source, truth } })])).toEqual([])
  })
})

describe('curves of a study', () => {
  /** ρ, and the gap of losses over two tokens, at steps of P^exponent. */
  const moving = (P: number, exponent = 1) =>
    run(
      P,
      [
        record(0, { copies: copies(0.7), losses: losses({ train: 1, test: 9 }) }),

        ...[0, 0.2, 0.6, 1].map((value, i) =>
          record(P ** exponent * 4 ** i, {
            copies: copies(value),
            losses: losses({ train: 5, test: 5 + 2 * value }),
          }),
        ),
        // One run has a checkpoint that was not measured.
        ...(P === 800 ? [record(P ** exponent * 8, {})] : []),
      ].sort((a, b) => a.step - b.step),
    )

  test('collapse by their own exponent in the depth regime of most P, ρ and the gap per token', () => {
    // Four runs of two P in another regime, of another exponent.
    const others = [10, 12, 10, 12].map((P) => moving(P, 2))
    const found = collapses([...others, ...[400, 800, 1600].map((P) => moving(P))])
    expect(found.map(({ name }) => name)).toEqual([
      'memorised fraction ρ',
      'gap of test to train NELBO per token',
    ])
    for (const { collapse } of found) {
      expect(collapse.exponent).toBe(1)
      expect(collapse.best).toBeCloseTo(0, 9)
      expect(collapse.apart).toBeGreaterThan(0.1)
    }
    expect(found[1]!.collapse.apart).toBeCloseTo(found[0]!.collapse.apart, 9)
  })

  test('are absent where nothing was measured', () => {
    const without = (name: 'copies' | 'losses') =>
      collapses(
        [400, 800].map((P) => {
          const { records } = moving(P)
          return run(
            P,
            records.map((one) => record(one.step, { ...one, [name]: undefined })),
          )
        }),
      ).map(({ name }) => name)
    expect(without('copies')).toEqual(['gap of test to train NELBO per token'])
    expect(without('losses')).toEqual(['memorised fraction ρ'])
  })
})

describe('ratios of clocks', () => {
  /** τ_test at the first step; ρ passes .25 half-way in ln step to the checkpoint that has .5. */
  const both = (P: number, at: number, values: Partial<RunSummary> = {}) =>
    run(
      P,
      [0, 1, 2, 3, 4].map((i) =>
        record(100 * 4 ** i, { losses: losses({ test: i }), copies: copies(i >= at ? 0.5 : 0) }),
      ),
      values,
    )

  test('compare copying with the test minimum, per variant and P', () => {
    const runs = [both(32, 2), both(16, 3), both(16, 3, { label: 'wide' }), both(16, 2, { label: 'wide' })]
    const close = (value: number) => expect.closeTo(value, 9)
    const [test, copy] = [{ kind: 'test-minimum' }, { kind: 'copies', threshold: 0.25 }]
    expect(clockRatios(runs)).toEqual(
      [
        { label: '', P: 16, mean: close(32), reached: 1, atStart: 0, runs: 1 },
        { label: '', P: 32, mean: close(8), reached: 1, atStart: 0, runs: 1 },
        { label: 'wide', P: 16, mean: close(16), reached: 2, atStart: 0, runs: 2 },
      ].map((row) => ({ ...row, early: test, late: copy, interval: null })),
    )
    const means = clockMeans(runs).filter(({ clock }) => clock.kind === 'copies')
    expect(means.map(({ label, P, mean }) => [label, P, mean])).toEqual([
      ['', 16, close(3200)],
      ['', 32, close(800)],
      ['wide', 16, close(1600)],
    ])
  })

  test('are left out where no run has both', () => {
    expect(clockRatios([both(16, 5)])).toEqual([])
    expect(clockRatios([run(16, rising(10))])).toEqual([])
    const copiesOnly = falling(1600).map((one, i) =>
      record(one.step, { losses: one.losses!, copies: copies(i / 4) }),
    )
    expect(clockRatios([run(16, copiesOnly)])).toEqual([])
    expect(clockMeans([both(16, 5), both(16, 2)]).find(({ clock }) => clock.kind === 'copies')).toMatchObject(
      {
        mean: undefined,
        interval: null,
        reached: 1,
        runs: 2,
      },
    )
  })
})
