import { describe, expect, test } from 'vitest'
import { clopperPearson, clusteredInterval, clusteredRate, studentMean } from '../../common/intervals.js'
import { entropyOf, meanAndError } from '../../common/statistics.js'

describe('the mean of a few values', () => {
  test('has the standard error s/√n, of a single one none', () => {
    expect(meanAndError([1, 3])).toEqual({ mean: 2, standardError: 1 })
    // Squares about 4: 9 + 1 + 1 + 9, over 4·3.
    const four = meanAndError(Float64Array.of(1, 3, 5, 7))
    expect(four).toEqual({ mean: 4, standardError: expect.closeTo(Math.sqrt(20 / 12), 12) })
    expect(meanAndError([5])).toEqual({ mean: 5, standardError: Number.NaN })
  })

  test("has Student's interval of a table", () => {
    expect(studentMean([7])).toEqual({ mean: 7, interval: null })
    const two = studentMean([1, 3])
    expect(two.mean).toBe(2)
    expect(two.interval![0]).toBeCloseTo(2 - 12.7062, 4)
    expect(two.interval![1]).toBeCloseTo(2 + 12.7062, 4)
    const four = studentMean([1, 3, 5, 7]).interval!
    expect(four[0]).toBeCloseTo(4 - 3.18245 * Math.sqrt(20 / 12), 4)
    expect(four[1]).toBeCloseTo(4 + 3.18245 * Math.sqrt(20 / 12), 4)
  })
})

test('entropy of equal shares is the logarithm of their number, of a certainty 0', () => {
  expect(entropyOf([0.25, 0.25, 0.25, 0.25])).toBeCloseTo(Math.log(4), 12)
  expect(entropyOf([0, 1, 0])).toBe(0)
  // ln 4 − ¾ ln 3.
  expect(entropyOf(Float64Array.of(0.75, 0.25))).toBeCloseTo(Math.log(4) - 0.75 * Math.log(3), 12)
  expect(entropyOf([])).toBe(0)
})

test.each([
  [0, 10, [0, 0.3085]],
  [2, 20, [0.0123, 0.317]],
  [5, 10, [0.1871, 0.8129]],
  [10, 10, [0.6915, 1]],
  [999, 1000, [0.9944, 1]],
  [0, 0, [0, 1]],
])("of %i in %i are Clopper and Pearson's of their tables", (hits, trials, expected) => {
  clopperPearson(hits, trials).forEach((end, i) => {
    expect(end).toBeCloseTo(expected[i]!, 4)
  })
})

describe('clusters of trials', () => {
  test('are worth their trials over the design effect, one cluster that fails as a whole counted beside them', () => {
    // 3 of 8, so ⅜ of each: 16 + 1.25² + .75² + .5² between clusters, ⅜·⅝·8 + 4 of independent trials.
    const { rate, independent } = clusteredRate([2, 0, 1], [2, 2, 4])
    expect(rate).toBe(3 / 8)
    expect(independent).toBeCloseTo(8 / ((16 + 1.5625 + 0.5625 + 0.25) / (1.875 + 4)), 12)
    const [low, high] = clusteredInterval([2, 0, 1], [2, 2, 4])
    expect([low, high]).toEqual(clopperPearson((3 / 8) * independent, independent))
  })

  test('that all fail, or none, are as many trials as there are clusters', () => {
    expect(clusteredRate([8, 8, 8], [8, 8, 8])).toEqual({ rate: 1, independent: 3 })
    expect(clusteredRate([0, 0, 0], [8, 8, 8])).toEqual({ rate: 0, independent: 3 })
    // .025^(1/3): the lower end where all of three succeed.
    expect(clusteredInterval([8, 8, 8], [8, 8, 8])).toEqual([expect.closeTo(0.025 ** (1 / 3), 9), 1])
  })

  test('that scatter less than independent trials are worth no more than these', () => {
    const [five, ten] = [5, 10].map((n) => new Array<number>(100).fill(n))
    expect(clusteredRate(five!, ten!)).toEqual({ rate: 0.5, independent: 1000 })
  })

  test('without any trial say nothing', () => {
    expect(clusteredRate([], [])).toEqual({ rate: 0, independent: 0 })
    expect(clusteredInterval([0, 0], [0, 0])).toEqual([0, 1])
  })
})
