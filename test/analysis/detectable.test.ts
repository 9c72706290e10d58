import { describe, expect, test } from 'vitest'
import { type Comparison, compareMetrics } from '../../analysis/regression/compare.js'
import type { Metrics } from '../../analysis/regression/metrics.js'

describe('the smallest change that a check would report nine times in ten', () => {
  /** Points of tables: half of .01, half of .005, and .9. */
  const [ALONE, OF_TWO, POWER] = [2.5758293, 2.8070338, 1.2815516]
  const tally = (...counts: number[]) => ({ kind: 'share' as const, tally: counts })
  const values = (...all: number[]) => ({ kind: 'mean' as const, values: all })
  const detectable = (before: Metrics[string], now: Metrics[string], paired = false) =>
    compareMetrics({ a: before }, { a: now }, { paired })[0]!.detectable
  /** By how much change goes beyond what is needed, in standard errors: of n and m independent parts, p of the first good. */
  const beyond = (p: number, change: number, n: number, m: number, point: number) => {
    const changed = p + change
    const pooled = (n * p + m * changed) / (n + m)
    const spread = Math.sqrt((p * (1 - p)) / n + (changed * (1 - changed)) / m)
    return (Math.abs(change) - point * Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))) / spread
  }

  test('of a share is that of the textbook', () => {
    // Fleiss: .9 and .85 at 5 % with 90 % power take (1.96·√(2·.875·.125) + 1.2816·√(.09 + .1275))²/.05² = 917.4 each.
    const [n, before] = [917.4, tally(92, 828)]
    const [{ detectable: seen }] = compareMetrics({ a: before }, { a: before }, { falseAlarm: 0.05 }) as [
      Comparison,
    ]
    expect(seen! * Math.sqrt(920 / n)).toBeCloseTo(0.05, 3)
  })

  test.each([
    ['falls', tally(100, 900), tally(90, 910), 0.9, -1, 1000, 1000],
    ['rises where there is little', tally(980, 20), tally(970, 30), 0.02, 1, 1000, 1000],
    ['with fewer strings on the other side', tally(100, 900), tally(40, 360), 0.9, -1, 1000, 400],
    ['with fewer strings on this side', tally(40, 360), tally(100, 900), 0.9, -1, 400, 1000],
    ['from all', tally(0, 500), tally(0, 500), 1, -1, 500, 500],
    // The parts of a string count as one where they stand and fall together.
    ['of parts that hang together', tally(100, 0, 0, 0, 900), tally(90, 0, 0, 0, 910), 0.9, -1, 1000, 1000],
  ] as const)('of a share %s', (_, before, now, p, sign, n, m) => {
    const seen = detectable(before, now)!
    expect(beyond(p, sign * seen, n, m, ALONE)).toBeCloseTo(POWER, 2.5)
    // With two metrics each has half the rate.
    const [both] = compareMetrics({ a: before, b: before }, { a: now, b: now })
    expect(beyond(p, sign * both!.detectable!, n, m, OF_TWO)).toBeCloseTo(POWER, 2.5)
  })

  test('of a share is none where even all or nothing would not be seen', () => {
    // From .4 to 1 is .6, and 2.58·√(.7·.3·2/5) = .75 are needed.
    expect(detectable(tally(3, 2), tally(3, 2))).toBeNull()
    expect(detectable(tally(2, 3), tally(2, 3))).toBeNull()
  })

  test('of a share is none where the other side is too small to show anything', () => {
    // One string among 51 is a copy in at least one deal of 51.
    expect(detectable(tally(50, 0), tally(1, 0))).toBeNull()
    expect(detectable(tally(500, 0), tally(1, 0))).not.toBeNull()
  })

  test('of a mean is none where no scatter was seen', () => {
    expect(detectable(values(1, 2, 4), values(1, 2, 4), true)).toBeNull()
    expect(detectable(values(1, 1, 1), values(1, 1, 1))).toBeNull()
  })

  test('of a mean is so many standard errors', () => {
    // Five values with standard error 1.
    const five = values(...[-2, -1, 0, 1, 2].map((x) => x * Math.SQRT2))
    expect(detectable(five, five)! / (Math.SQRT2 * (ALONE + POWER))).toBeCloseTo(1, 4)
    const moved = values(...five.values.map((x, i) => 3 * x + 10 + i))
    const differences = five.values.map((x, i) => 2 * x + 10 + i)
    const centre = differences.reduce((sum, x) => sum + x / 5, 0)
    const error = Math.sqrt(differences.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 20)
    expect(detectable(five, moved, true)! / (error * (ALONE + POWER))).toBeCloseTo(1, 4)
    const many = values(...five.values.map((x) => 1e4 * x))
    expect(detectable(many, many)! / (1e4 * Math.SQRT2 * (ALONE + POWER))).toBeCloseTo(1, 4)
  })

  test('of a mean that scatters beyond all bounds is none', () => {
    expect(detectable(values(-1e7, 1e7), values(-1e7, 1e7))).toBeNull()
  })
})

test('a comparison says what was measured on both sides, of metrics of one kind', () => {
  const before: Metrics = {
    share: { kind: 'share', tally: [1, 2, 1] },
    mean: { kind: 'mean', values: [1, 3] },
    lost: { kind: 'mean', values: [1, 3] },
    other: { kind: 'mean', values: [1, 3] },
    turned: { kind: 'share', tally: [1, 2] },
  }
  const now: Metrics = {
    share: { kind: 'share', tally: [0, 1, 3] },
    mean: { kind: 'mean', values: [5, 7] },
    other: { kind: 'share', tally: [1, 2] },
    turned: { kind: 'mean', values: [1, 3] },
  }
  expect(compareMetrics(before, now)).toMatchObject([
    { name: 'share', kind: 'share', before: 0.5, now: 7 / 8 },
    { name: 'mean', kind: 'mean', before: 2, now: 6 },
  ])
})

test('a metric has moved below the stated rate, not at it', () => {
  const metrics = (tally: number[]): Metrics => ({ a: { kind: 'share', tally } })
  const moved = (falseAlarm: number) => compareMetrics(metrics([0, 4]), metrics([4, 0]), { falseAlarm })[0]!
  const { p } = moved(0.5)
  expect(p).toBeCloseTo(2 / 70, 12)
  expect([moved(p).moved, moved(p + 1e-9).moved]).toEqual([false, true])
})
