import { describe, expect, test } from 'vitest'
import type { CheckpointRecord } from '../../analysis/record.js'
import {
  jensenBound,
  nearestDivergence,
  ownVerdicts,
  pilotRule,
  splitHalfRule,
  testMinimum,
  trainBelowFloor,
} from '../../analysis/stopping/rules.js'
import { disagreement } from '../../analysis/stopping/split-half.js'
import { Z95 } from '../../common/statistics.js'
import type { Denoiser } from '../../model/denoiser.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { losses, record } from './records.js'

const steps = Array.from({ length: 30 }, (_, i) => Math.round(10 * 1.3 ** i))

/** A run whose test loss turns at `turn` and whose training loss crosses the entropy 10 at `floor`. */
function planted(turn: number, floor: number, standardError = 0.05): CheckpointRecord[] {
  return steps.map((step) => {
    const train = 10 - 1.5 * Math.log(step / floor)
    return {
      step,
      losses: {
        test: { mean: 11 + 0.4 * Math.log(step / turn) ** 2, standardError, perString: [], crossEntropy: [] },
        train: { mean: train, standardError, crossEntropy: [] },
        floors: { entropy: 10, train: 10, memoriser: Math.log(200) },
        jensenBound: 200 * Math.exp(-train),
      },
      nearest: { strings: 256, sampled: [0, 0.5, 0.5], heldOut: [0, 0.5, 0.5], divergence: 0 },
    } as unknown as CheckpointRecord
  })
}

describe('stopping rules on planted runs', () => {
  const records = planted(300, 900)

  test.each([
    ['test minimum', () => testMinimum(records), 300],
    ['train below H', () => trainBelowFloor(records), 900],
    // M = .25 where the train NELBO is ln(200/.25).
    ['bound', () => jensenBound(records), 900 * Math.exp((10 - Math.log(200 / 0.25)) / 1.5)],
    [
      'pilot of a quarter of the size',
      () => pilotRule(records, 400, { P: 100, records: planted(75, 200) }),
      300,
    ],
  ] as const)('%s finds its time, inside its interval, and keeps the checkpoint before', (_, rule, time) => {
    const said = rule()
    expect(said.at.kind === 'reached' && said.at.step / time).toBeCloseTo(1, 1)
    expect(said.interval![0]).toBeLessThanOrEqual(time)
    expect(said.interval![1]).toBeGreaterThanOrEqual(time)
    expect(said.keep).toBeLessThanOrEqual(1.3 * time)
    expect(said.keep).toBeGreaterThan(time / 1.5)
  })

  test('split-half looks for the rise that lasts, behind the hump of learning', () => {
    const hump = (step: number) => 0.5 * Math.exp(-(Math.log(step / 60) ** 2))
    const halves = steps.map((step) => ({
      step,
      disagreement: step < 20 ? null : 0.2 + hump(step) + 0.3 * Math.max(0, Math.log(step / 400)),
      perString: [],
    }))
    const said = splitHalfRule(records, halves)
    expect(said.at.kind === 'reached' && said.at.step / 400).toBeCloseTo(1, 0)
    expect(said.interval![0]).toBeGreaterThan(100)
    const falling = halves.map(({ step }) => ({ step, disagreement: 10 / step, perString: [] }))
    expect(splitHalfRule(records, falling).at.kind).toBe('censored')
  })

  test('none fires on a run that only gets better, and the last checkpoint is kept', () => {
    const better = planted(1e6, 1e6)
    for (const said of [
      testMinimum(better),
      trainBelowFloor(better),
      jensenBound(better),
      nearestDivergence(better),
    ]) {
      expect(said.at.kind).toBe('censored')
      expect(said.interval).toBeNull()
      expect(said.keep).toBe(steps.at(-1))
    }
  })
})

describe('a rule that waits for a curve to pass a threshold', () => {
  /** Train NELBO below a floor of 10 nats by these, its error half a nat wide on either side of the 95 % band. */
  const below = (...nats: number[]) =>
    nats.map((nat, i) =>
      record(100 * 4 ** i, {
        losses: losses({
          train: 10 - nat,
          entropy: 10,
          jensenBound: 0.25 * Math.exp(nat),
          standardError: 0.5 / Z95,
        }),
      }),
    )

  test.each([
    ['train-below-floor', trainBelowFloor],
    ['bound', jensenBound],
  ] as const)(
    '%s fires half-way in ln step, and the ends of its band a quarter to each side',
    (rule, said) => {
      expect(said(below(-1, 1, 3, 5))).toMatchObject({
        rule,
        at: { kind: 'reached', step: expect.closeTo(200, 9) },
        interval: [expect.closeTo(100 * 4 ** 0.25, 9), expect.closeTo(100 * 4 ** 0.75, 9)],
        keep: 100,
      })
      // The curve has passed, the end of its band has not.
      expect(said(below(-1, 0.4, 0.4))).toMatchObject({ interval: [expect.anything(), 1600] })
      // The band of the first checkpoint is over the threshold already.
      expect(said(below(-0.4, 1, 3))).toMatchObject({ interval: [100, expect.anything()] })
      // At the threshold itself it has fired, and that checkpoint is not past it.
      expect(said(below(-1, 0, 1))).toMatchObject({ at: { kind: 'reached', step: 400 }, keep: 400 })
      expect(said(below(-1, -1, -1))).toMatchObject({
        at: { kind: 'censored', after: 1600 },
        interval: null,
        keep: 1600,
      })
    },
  )

  test('a bound of 0 is far below its threshold', () => {
    const never = below(-1, 0, 1).map(({ losses, ...rest }, i) =>
      record(rest.step, { losses: { ...losses!, jensenBound: i === 0 ? 0 : losses!.jensenBound } }),
    )
    expect(jensenBound(never).at).toEqual({ kind: 'reached', step: expect.closeTo(400, 9) })
  })
})

/** A valley in ln step about 150, the curve of the example of `minimum`: it is lowest at 200, and the points beside stand above. */
const valley = (scale = 1) =>
  [50, 100, 200, 400, 800, 1600].map((step) =>
    record(step * scale, { losses: losses({ test: Math.log(step / 150) ** 2 }) }),
  )

describe('the minimum of a pilot', () => {
  test('is scaled by P with its interval', () => {
    expect(pilotRule(valley(4), 40, { P: 10, records: valley() })).toMatchObject({
      rule: 'pilot',
      at: { kind: 'reached', step: expect.closeTo(600, 9) },
      interval: [400, 1600],
      keep: 400,
    })
  })

  test('says nothing before it is reached, by the pilot or by the run', () => {
    const censored = (after: number) => ({
      rule: 'pilot',
      at: { kind: 'censored', after },
      interval: null,
      keep: after,
    })
    expect(pilotRule(valley(), 40, { P: 10, records: valley().slice(0, 4) })).toMatchObject(censored(1600))
    expect(pilotRule(valley(), 120, { P: 10, records: valley() })).toMatchObject(censored(1600))
    // A first loss that is the lowest was reached at step 50 or before: 32·50 is the run's last step.
    const rising = [0, 1, 2, 3, 4, 5].map((i) => record(50 * 2 ** i, { losses: losses({ test: i }) }))
    const last = pilotRule(valley(), 320, { P: 10, records: rising })
    expect(last).toMatchObject({ at: { kind: 'reached', step: 1600 }, keep: 1600 })
  })

  test('keeps the first checkpoint where it comes before all of them', () => {
    expect(pilotRule(valley(), 1, { P: 10, records: valley() })).toMatchObject({
      at: { kind: 'reached', step: expect.closeTo(15, 9) },
      keep: 50,
    })
  })
})

describe('the agreement of halves', () => {
  const said = (...values: (number | null)[]) => {
    const halves = values.map((disagreement, i) => ({ step: i && 50 * 2 ** i, disagreement, perString: [] }))
    return splitHalfRule(valley(), halves)
  }

  test('has its minimum behind the last fall of more than a tenth', () => {
    // From .5 to .38: what was before is forgotten, and .33 stands half-way in ln step between its equal neighbours.
    expect(said(0, null, 0.1, 0.5, 0.38, 0.36, 0.33, 0.36, 0.45, 0.6, 0.81)).toMatchObject({
      rule: 'split-half',
      at: { kind: 'reached', step: expect.closeTo(50 * 2 ** 6, 6) },
      keep: 50 * 2 ** 6,
    })
    // A tenth is not more than a tenth; neither step 0 nor what is not known yet is a minimum.
    expect(said(0, null, 0.1, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8)).toMatchObject({ keep: 200 })
  })

  test('says nothing of halves that have learned nothing', () => {
    expect(said(0, null, null)).toMatchObject({ at: { kind: 'censored', after: 1600 }, interval: null })
  })

  /** Knows the same of every place: these probabilities by string, of whatever token is hidden. */
  const guesser = (probabilities: readonly (readonly number[])[]): Denoiser => ({
    length: 2,
    vocabulary: 2,
    process: MASKING,
    preferredBatch: 100,
    logProbabilities: async (rows) =>
      Float64Array.from(
        Array.from(rows, (_, at) => probabilities[Math.floor((at * probabilities.length) / rows.length)]!)
          .flat()
          .map(Math.log),
      ),
  })

  test('is measured as symmetric KL over KL from uniform, string by string', async () => {
    // Two strings, two rows of each; 2 is hidden: three tokens of the first string, one of the second.
    const masked = Int32Array.of(2, 2, 2, 0, 1, 0, 1, 2)
    const [p, q] = [
      [
        [0.9, 0.1],
        [0.5, 0.5],
      ],
      [
        [0.6, 0.4],
        [0.2, 0.8],
      ],
    ]
    const found = await disagreement(guesser(p!), guesser(q!), masked, 2)
    const KL = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, x, i) => sum + x * Math.log(x / b[i]!), 0)
    const [hidden, uniform] = [
      [3, 1],
      [0.5, 0.5],
    ]
    const apart = hidden.map((n, i) => (n * (KL(p![i]!, q![i]!) + KL(q![i]!, p![i]!))) / 2)
    const learned = hidden.map((n, i) => (n * (KL(p![i]!, uniform) + KL(q![i]!, uniform))) / 2)
    const ratio = (weight: number, i: number) => {
      const sum = (of: readonly number[]) => of[0]! + of[1]! + weight * of[i]!
      return sum(apart) / sum(learned)
    }
    expect(found.disagreement).toBeCloseTo(ratio(0, 0), 12)
    // A string's value is how fast the ratio moves with its weight, in units of one string of two.
    found.perString.forEach((value, i) => {
      const slope = (ratio(1e-4, i) - ratio(-1e-4, i)) / 2e-4
      expect(value).toBeCloseTo(ratio(0, i) + 2 * slope, 7)
    })
    expect((found.perString[0]! + found.perString[1]!) / 2).toBeCloseTo(ratio(0, 0), 12)
  })

  test('is unknown while a hidden token is known by less than .05 nats more than nothing', async () => {
    const masked = Int32Array.of(2, 0, 2, 2)
    // KL of (.5 + e, .5 − e) from uniform is 2e² and a little: .0504 at e = .158, .0492 at e = .156.
    const near = (e: number) => guesser([[0.5 + e, 0.5 - e]])
    expect(await disagreement(near(0.156), near(0.156), masked, 1)).toEqual({
      disagreement: null,
      perString: [],
    })
    expect(await disagreement(near(0.158), near(0.158), masked, 1)).toEqual({
      disagreement: 0,
      perString: [0],
    })
  })
})

test('a rule speaks where every record has what it reads', () => {
  const names = (records: CheckpointRecord[]) => ownVerdicts(records).map(({ rule }) => rule)
  const nearest = { strings: 10, sampled: [0, 1], heldOut: [0, 1], divergence: 0 } as never
  const full = [10, 20].map((step) => record(step, { losses: losses({ entropy: 3 }), nearest }))
  expect(names(full)).toEqual(['test-minimum', 'train-below-floor', 'bound', 'nearest'])
  expect(names([full[0]!, record(20, { losses: losses({}) })])).toEqual(['test-minimum', 'bound'])
  expect(names([record(10, { nearest }), full[1]!])).toEqual(['nearest'])
})
