import { describe, expect, test } from 'vitest'
import { type Clock, clocks, headline, label, meaning, sameClock, strikeOf } from '../../analysis/clocks.js'
import { MEASURE_NAMES, type MeasureName } from '../../analysis/measures/table.js'
import { firstPassage, reachedStep } from '../../analysis/strike.js'
import { copies, level, losses, record } from './records.js'

const steps = Array.from({ length: 40 }, (_, i) => Math.round(10 * 1.2 ** i))

describe('clocks recover planted times (law 14)', () => {
  test.each([37, 400, 5000])('a sigmoid in ln step crosses one half at %i', (tau) => {
    const values = steps.map((step) => 1 / (1 + (tau / step) ** 2))
    const clock = firstPassage(steps, values, 0.5)
    expect(clock.kind === 'reached' && clock.step / tau).toBeCloseTo(1, 2)
  })

  test('what was not reached is censored, not a number', () => {
    expect(
      firstPassage(
        steps,
        steps.map(() => 0.3),
        0.5,
      ),
    ).toEqual({ kind: 'censored', after: steps.at(-1) })
  })

  test('a single blip that the next checkpoint does not confirm does not strike', () => {
    const values = steps.map((step, i) => (i === 5 ? 0.9 : 1 / (1 + (1000 / step) ** 2)))
    const clock = firstPassage(steps, values, 0.5)
    expect(clock.kind === 'reached' && clock.step / 1000).toBeCloseTo(1, 1)
  })

  test('checkpoints without a value are skipped', () => {
    expect(firstPassage([1, 10, 100, 1000], [null, 0, null, 1], 0.5)).toMatchObject({
      kind: 'reached',
      step: expect.closeTo(100, 6),
    })
  })

  test('what is passed at the first checkpoint, or at the first beyond step 0, happened there or before', () => {
    const reached = (step: number) => ({ kind: 'reached', step })
    expect(firstPassage([10, 100], [0.7, 0.8], 0.5)).toEqual(reached(10))
    expect(firstPassage([10, 100], [0.5, 0.5], 0.5)).toEqual(reached(10))
    // ln 0 is no place to interpolate from.
    expect(firstPassage([0, 100, 200], [0.1, 0.8, 0.9], 0.5)).toEqual(reached(100))
    // Unknown before: nothing to interpolate from either.
    expect(firstPassage([10, 100, 1000], [undefined, 0.8, 0.9], 0.5)).toEqual(reached(100))
    expect(firstPassage([], [], 0.5)).toEqual({ kind: 'censored', after: 0 })
  })

  test('only what was reached has a step', () => {
    expect(reachedStep({ kind: 'reached', step: 7 })).toBe(7)
    expect(reachedStep({ kind: 'censored', after: 7 })).toBeUndefined()
    expect(reachedStep(undefined)).toBeUndefined()
  })
})

describe('the clocks of a run', () => {
  const at = [0, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]
  /** One value per checkpoint of everything that a clock reads. */
  const planted = {
    test: [5, 4, 3, 4, 5, 6, 7, 8],
    train: [6, 5, 4, 2, 1, 1, 1, 1],
    jensenBound: [0, 0.05, 0.15, 0.35, 0.35, 0.35, 0.35, 0.35],
    memorised: [0, 0, 0.05, 0.45, 0.65, 0.65, 0.65, 0.65],
    memoriser: [null, 3, 3, 1, 1, 1, 1, 1],
    bayes: [1, 2, 2, 4, 4, 4, 4, 4],
    validity: [0.01, 0.04, 1, 1, 1, 1, 1, 1],
    one: [0, 0, 1, 1, 1, 1, 1, 1],
    // Says nothing while level 1 is hardly valid, nor from 49 blocks.
    two: [1, 1, 0, 0.5, 1, 1, 1, 1],
    trials: [100, 100, 100, 50, 49, 49, 49, 49],
  }
  const records = at.map((step, i) =>
    record(step, {
      losses: losses({
        test: planted.test[i]!,
        train: planted.train[i]!,
        entropy: 3,
        jensenBound: planted.jensenBound[i]!,
      }),
      copies: copies(planted.memorised[i]!),
      levels: [
        level(1, {
          nodeValidity: planted.validity[i]!,
          acquisition: planted.one[i]!,
          acquisitionTrials: 100,
        }),
        level(2, { nodeValidity: 0.5, acquisition: planted.two[i]!, acquisitionTrials: planted.trials[i]! }),
      ],
      oracles: {
        // Over all rows, of which some have no memory to compare with.
        bayes: [0.1, 0.1, 0.1],
        memoriser: planted.memoriser[i]!,
        bayesThere: planted.memoriser[i] === null ? null : [planted.bayes[i]!, planted.bayes[i]! + 1],
        memoriserDefined: 1,
        acquired: 1,
        crossEntropy: [1, 1],
      },
    }),
  )
  const acquisition = (level: number, threshold: number): Clock => ({ kind: 'acquisition', level, threshold })
  const never = { kind: 'censored', after: 1e7 } as const
  /** Every clock, how it is written, and when it strikes: a step is a passage's share of the decade it falls in. */
  const EXPECTED: readonly [Clock, string, number | typeof never][] = [
    [acquisition(1, 0.25), 'τ_1', 10 * 10 ** 0.25],
    [acquisition(1, 0.5), 'τ_1', 10 * 10 ** 0.5],
    [acquisition(1, 0.9), 'τ_1', 10 * 10 ** 0.9],
    [acquisition(2, 0.25), 'τ_2', 100 * 10 ** 0.5],
    [acquisition(2, 0.5), 'τ_2', 1000],
    [acquisition(2, 0.9), 'τ_2', never],
    [{ kind: 'test-minimum' }, 'τ_test', 100],
    [{ kind: 'train-below-floor' }, 'τ_floor', 100 * 10 ** 0.5],
    [{ kind: 'memoriser-nearest' }, 'τ_oracle', 100 * 10 ** 0.25],
    [{ kind: 'copies', threshold: 0.1 }, 'τ_copy', 100 * 10 ** 0.125],
    [{ kind: 'copies', threshold: 0.25 }, 'τ_copy', 100 * 10 ** 0.5],
    [{ kind: 'copies', threshold: 0.5 }, 'τ_copy', 1000 * 10 ** 0.25],
    [{ kind: 'jensen-bound' }, 'τ_bound', 100 * 10 ** 0.5],
  ]
  const read = () => clocks(records)

  test('strike when the curves under them say, to the last digit', () => {
    const readings = read()
    expect(readings.map(({ clock }) => clock)).toEqual(EXPECTED.map(([clock]) => clock))
    for (const [clock, , when] of EXPECTED) {
      const struck = strikeOf(readings, clock)!
      if (typeof when === 'number') expect(reachedStep(struck)! / when).toBeCloseTo(1, 12)
      else expect(struck).toEqual(when)
    }
    expect(strikeOf(readings, acquisition(3, 0.5))).toBeUndefined()
    expect(strikeOf(readings, { kind: 'copies', threshold: 0.3 })).toBeUndefined()
  })

  test('are written alike whatever their threshold, and explained with it', () => {
    expect(read().map(({ clock }) => label(clock))).toEqual(EXPECTED.map(([, written]) => written))
    const meanings = read().map(({ clock }) => meaning(clock))
    expect(new Set(meanings).size).toBe(EXPECTED.length)
    expect(meanings.join()).not.toMatch(/undefined|NaN/)
    expect([meanings[2], meanings[10]]).toEqual([
      'level 1 acquired: q_1 passes .9',
      'memorised fraction ρ passes .25',
    ])
    expect(meaning({ kind: 'copies', threshold: 1.05 })).toMatch(/ passes 1.05$/)
    expect(meaning({ kind: 'test-minimum' })).toBe('minimum of the test NELBO')
  })

  test('tell of a level from 5 % of valid nodes below it and 50 blocks on', () => {
    const passes = (validity: number, blocks: number) =>
      strikeOf(
        clocks([
          record(10, {
            levels: [
              level(1, { nodeValidity: validity, acquisition: 0, acquisitionTrials: 100 }),
              level(2, { nodeValidity: 0, acquisition: 1, acquisitionTrials: blocks }),
            ],
          }),
        ]),
        acquisition(2, 0.5),
      )!.kind
    expect([passes(0.05, 50), passes(0.049, 50), passes(0.05, 49)]).toEqual([
      'reached',
      'censored',
      'censored',
    ])
  })

  test('are one each in tables and figures', () => {
    const listed = headline(read()).map(({ clock }) => clock)
    expect(listed).toEqual([1, 4, 6, 7, 8, 10, 12].map((i) => EXPECTED[i]![0]))
    expect(listed.map(label)).toEqual(['τ_1', 'τ_2', 'τ_test', 'τ_floor', 'τ_oracle', 'τ_copy', 'τ_bound'])
  })

  test('are the same only as themselves, in whatever order their parts are named', () => {
    for (const [i, [a]] of EXPECTED.entries())
      for (const [j, [b]] of EXPECTED.entries()) expect(sameClock(a, b)).toBe(i === j)
    expect(sameClock(acquisition(2, 0.5), { threshold: 0.5, level: 2, kind: 'acquisition' })).toBe(true)
  })

  test.each([
    ['losses', ['test-minimum', 'train-below-floor', 'jensen-bound']],
    ['copies', ['copies']],
    ['levels', ['acquisition']],
    ['oracles', ['memoriser-nearest']],
  ] as const)('without %s anywhere are those that do not need them', (missing, lost) => {
    const kinds: readonly string[] = lost
    const without = records.map((whole) => record(whole.step, { ...whole, [missing]: undefined }))
    expect(clocks(without)).toEqual(read().filter(({ clock }) => !kinds.includes(clock.kind)))
  })

  test('without an entropy have no τ_floor, and without ρ no τ_copy', () => {
    const without = records.map(({ step, losses, copies, ...rest }) =>
      record(step, {
        ...rest,
        losses: { ...losses!, floors: { memoriser: 1 } },
        copies: { rate: copies!.rate, interval: copies!.interval, samples: 100 },
      }),
    )
    expect(clocks(without)).toEqual(
      read().filter(({ clock }) => clock.kind !== 'train-below-floor' && clock.kind !== 'copies'),
    )
  })

  test('pass over a checkpoint that lacks what they read', () => {
    const reads: readonly MeasureName[] = ['losses', 'copies', 'levels', 'oracles']
    const without = (i: number) => records.filter((_, j) => j !== i)
    const gap = (i: number) =>
      records.map((whole, j) =>
        j === i
          ? record(
              whole.step,
              Object.fromEntries(
                MEASURE_NAMES.filter((name) => !reads.includes(name)).map((name) => [name, whole[name]]),
              ),
            )
          : whole,
      )
    for (const i of [0, 1, 3]) expect(clocks(gap(i))).toEqual(clocks(without(i)))
  })
})
