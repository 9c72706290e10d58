import { describe, expect, test } from 'vitest'
import { censoredLines } from '../../analysis/laws/censored-lines.js'
import { fitPowerLaw, type LawPoint } from '../../analysis/laws/power-law.js'
import { stream } from '../../common/random.js'
import { normal } from '../reference/planted.js'

describe('a line with points that were not watched long enough', () => {
  const one = (points: readonly LawPoint[]) =>
    censoredLines([
      points.map(({ x, y, censored = false }) => ({ x: Math.log(x), y: Math.log(y), censored })),
    ])!

  test('is recovered where dropping or imputing them would bend it', () => {
    let [kept, dropped, imputed] = [0, 0, 0]
    const trials = 60
    for (let trial = 0; trial < trials; trial++) {
      const random = stream('censored', 'line', trial)
      const points = Array.from({ length: 60 }, (_, i): LawPoint => {
        const x = 100 * 2 ** (i % 5)
        const y = 10 * x * Math.exp(0.4 * normal(random))
        return { x, y: Math.min(y, 6000), censored: y > 6000 }
      })
      const slope = (of: readonly LawPoint[]) => one(of).lines[0]!.slope / trials
      kept += slope(points)
      dropped += slope(points.filter((point) => !point.censored))
      imputed += slope(points.map((point) => ({ ...point, censored: false })))
    }
    expect(Math.abs(kept - 1)).toBeLessThan(0.03)
    expect(dropped).toBeLessThan(0.9)
    expect(imputed).toBeLessThan(0.9)
  })

  test('has the deviation that was planted, what is censored included', () => {
    const random = stream('censored', 'deviation')
    const points = Array.from({ length: 4000 }, (_, i): LawPoint => {
      const x = 100 * 2 ** (i % 5)
      const y = 10 * x * Math.exp(0.4 * normal(random))
      return { x, y: Math.min(y, 6000), censored: y > 6000 }
    })
    // Left out, what censored points scatter about their expectation makes this .35.
    expect(one(points).deviation).toBeCloseTo(0.4, 1.7)
  })

  test('lends its deviation to groups that have few points of their own', () => {
    const exact = [1, 2, 3, 4].map((x) => ({ x, y: 2 * x + 1, censored: false }))
    const noisy = [1, 2, 3, 4].map((x, i) => ({ x, y: x + (i % 2 ? 0.5 : -0.5), censored: false }))
    const { lines, deviation } = censoredLines([exact, noisy])!
    expect(lines[0]).toEqual({ slope: expect.closeTo(2, 12), intercept: expect.closeTo(1, 12) })
    // Residuals of the second line by hand: slope 1.2, sum of squares .8, over all eight points.
    expect(lines[1]!.slope).toBeCloseTo(1.2, 12)
    expect(deviation).toBeCloseTo(Math.sqrt(0.8 / 8), 12)
  })

  test('needs two x at which something struck, in every group', () => {
    const points = [1, 2, 4].map((x) => ({ x, y: x, censored: x > 1 }))
    const fine = [1, 2, 4].map((x) => ({ x, y: x, censored: false }))
    expect(censoredLines([fine, points])).toBeUndefined()
    expect(fitPowerLaw(points)).toBeUndefined()
  })
})

/** Three grammars at three sizes, the largest watched until a bound without striking. */
const watchedUntil = (bound: number): LawPoint[] =>
  [
    [22, 34],
    [25, 40],
    [20, 30],
  ].flatMap((struck, g) =>
    [...struck, bound].map((y, i) => ({ x: 8 * 2 ** i, y, censored: i === 2, grammar: String(g) })),
  )

describe('lines of greatest likelihood', () => {
  /** ln of what the standard normal distribution has beyond z, by Simpson's rule. */
  const logBeyond = (z: number) => {
    const [n, width] = [200, 12 / 200]
    let sum = 0
    for (let i = 0; i <= n; i++) {
      const t = i * width
      sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * Math.exp(-z * t - 0.5 * t * t)
    }
    return -0.5 * z * z + Math.log((sum * width) / 3) - 0.5 * Math.log(2 * Math.PI)
  }
  /** Heights of every line at the two struck sizes, and ln σ, by a search that knows the likelihood only. */
  const searched = (points: readonly LawPoint[]) => {
    const likelihood = (at: readonly number[]) => {
      const deviation = Math.exp(at[6]!)
      return points.reduce((sum, { x, y, censored, grammar }) => {
        const [low, high] = [at[2 * Number(grammar)]!, at[2 * Number(grammar) + 1]!]
        const z = (Math.log(y) - low - (high - low) * Math.log2(x / 8)) / deviation
        return sum + (censored ? logBeyond(z) : -0.5 * z * z - at[6]!)
      }, 0)
    }
    let at = points.flatMap(({ y, censored }) => (censored ? [] : [Math.log(y)])).concat(0)
    let best = likelihood(at)
    for (let step = 0.5; step > 1e-6; step /= 2) {
      for (let moved = true; moved; ) {
        moved = false
        for (let k = 0; k < 14; k++) {
          const next = at.map((value, i) => (i === k >> 1 ? value + (k % 2 ? step : -step) : value))
          const value = likelihood(next)
          if (value > best) [at, best, moved] = [next, value, true]
        }
      }
    }
    const slopes = [0, 1, 2].map((g) => (at[2 * g + 1]! - at[2 * g]!) / Math.LN2)
    return { slope: slopes.reduce((sum, slope) => sum + slope / 3, 0), deviation: Math.exp(at[6]!) }
  }

  // Beside each bound what scipy's minimize finds.
  test.each([
    [400, 2.5, 1],
    [100, 1.2, 1],
    [60, 0.76, 2],
  ])(
    'equal a search of the likelihood where bounds of %f outnumber what is left of freedom',
    (bound, exponent, digits) => {
      const points = watchedUntil(bound)
      const { slope, deviation } = searched(points)
      const law = fitPowerLaw(points)!
      expect(law.exponent).toBeCloseTo(slope, 3)
      expect(law.exponent).toBeCloseTo(exponent, digits)
      const lines = censoredLines(
        [0, 1, 2].map((g) =>
          points
            .filter(({ grammar }) => grammar === String(g))
            .map(({ x, y, censored = false }) => ({ x: Math.log(x), y: Math.log(y), censored })),
        ),
      )!
      expect(lines.deviation).toBeCloseTo(deviation, 3)
    },
  )

  test('have no interval from two points a grammar: nothing is left for the deviation', () => {
    expect(fitPowerLaw(watchedUntil(400))!.interval).toBeNull()
    // Two of the three struck a third time: 2.5 in the mean are reached.
    const more = watchedUntil(60).map((point) => ({
      ...point,
      censored: point.y === 60 && point.grammar === '0',
    }))
    expect(fitPowerLaw(more)!.interval).not.toBeNull()
    const fewer = watchedUntil(60).map((point) => ({
      ...point,
      censored: point.y === 60 && point.grammar !== '0',
    }))
    expect(fitPowerLaw(fewer)!.interval).toBeNull()
  })

  test('are not told where the iteration has not come to rest', () => {
    const struck = [0, 1, 2.1].map((y, x) => ({ x, y, censored: false }))
    const bounds = (count: number) => Array.from({ length: count }, () => ({ x: 2, y: 3, censored: true }))
    expect(censoredLines([[...struck, ...bounds(3)]])).toBeDefined()
    expect(censoredLines([[...struck, ...bounds(300)]])).toBeUndefined()
  })

  test('leave out what has no logarithm, and no grammar with it', () => {
    const fine = ['a', 'b', 'c'].flatMap((grammar) => [4, 16, 64].map((x) => ({ x, y: x ** 1.5, grammar })))
    const start = { x: 1, y: 0, grammar: 'a' }
    expect(fitPowerLaw([...fine, start])!.exponent).toBeCloseTo(1.5, 9)
    expect(fitPowerLaw([...fine, { ...start, censored: true }])!.exponent).toBeCloseTo(1.5, 9)
    expect(fitPowerLaw([...fine, { ...start, grammar: 'd' }])).toBeUndefined()
  })
})

describe('lines through bounds', () => {
  test('count a bound as the mean of the normal distribution beyond it, and what that leaves as scatter', () => {
    const points = [
      [0, 0, false],
      [1, 1.6, false],
      [2, 1.7, false],
      [3, 3.4, false],
      [4, 3, true],
      [5, 5.9, true],
    ].map(([x, y, censored]) => ({ x: +x!, y: +y!, censored: Boolean(censored) }))
    // A group without bounds, of residuals .1, −.3, .3 and −.1 about y = x.
    const other = [0.1, 0.7, 2.3, 2.9].map((y, x) => ({ x, y, censored: false }))
    const { lines, deviation } = censoredLines([points, other])!
    const { slope, intercept } = lines[0]!
    /** Mean and variance of N(mean, deviation²) beyond a bound, by the midpoint rule. */
    const beyond = (bound: number, mean: number) => {
      const n = 20_000
      const width = (mean + 10 * deviation - bound) / n
      const sums = [0, 0, 0]
      for (let i = 0; i < n; i++) {
        const y = bound + (i + 0.5) * width
        const density = Math.exp(-0.5 * ((y - mean) / deviation) ** 2)
        for (const power of [0, 1, 2]) sums[power]! += density * y ** power
      }
      const expected = sums[1]! / sums[0]!
      return { expected, variance: sums[2]! / sums[0]! - expected ** 2 }
    }
    const told = points.map(({ x, y, censored }) =>
      censored ? beyond(y, intercept + slope * x) : { expected: y, variance: 0 },
    )
    const residuals = told.map(({ expected }, i) => expected - intercept - slope * points[i]!.x)
    const sum = (of: readonly number[]) => of.reduce((total, x) => total + x, 0)
    // The normal equations of least squares; the deviation of greatest likelihood is over all ten points.
    expect(sum(residuals)).toBeCloseTo(0, 4)
    expect(sum(residuals.map((r, i) => r * points[i]!.x))).toBeCloseTo(0, 4)
    const scatter = sum(residuals.map((r, i) => r ** 2 + told[i]!.variance))
    expect(lines[1]).toEqual({ slope: expect.closeTo(1, 12), intercept: expect.closeTo(0, 12) })
    expect(deviation).toBeCloseTo(Math.sqrt((scatter + 0.2) / 10), 4)
  })

  test('that stand below a line without scatter leave it as it is', () => {
    const points = [0, 1].map((x) => ({ x, y: 2 * x, censored: false }))
    expect(censoredLines([[...points, { x: 2, y: 1, censored: true }]])).toEqual({
      lines: [{ slope: 2, intercept: 0 }],
      deviation: 0,
    })
  })

  test('of two points each have no scatter', () => {
    const two = [0, 1].map((x) => ({ x, y: 2 * x, censored: false }))
    expect(censoredLines([two, two])!.deviation).toBe(0)
  })
})
