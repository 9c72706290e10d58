import { describe, expect, test } from 'vitest'
import { type Curve, dataCollapse } from '../../analysis/laws/collapse.js'

/** Values at powers of ten. */
const curve = (P: number, points: readonly (readonly [power: number, value: number])[]): Curve => ({
  P,
  points: points.map(([power, value]) => ({ step: 10 ** power, value })),
})
const rise = (from: number, values: readonly number[]) => values.map((value, i) => [from + i, value] as const)
const VALUES = [0, 0.2, 0.6, 1]

describe('the distance of two curves, by hand', () => {
  test('is over the points of each that the other reaches, flat starts left out', () => {
    // At equal steps the second lags a point: .2, .4, .4 from the first, .2, .4, .4 from the second, its end unknown.
    const found = dataCollapse([curve(1, rise(0, VALUES)), curve(10, rise(1, VALUES))])!
    expect(found.apart).toBeCloseTo(Math.sqrt((2 * (0.04 + 0.16 + 0.16)) / 6), 9)
    expect([found.linear, found.best]).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9)])
    expect(found.exponent).toBe(1)
  })

  test('does not change where a constant is added, and a curve that stays where it is does not count', () => {
    const lifted = VALUES.map((value) => value + 0.5)
    const found = dataCollapse([curve(1, rise(0, lifted)), curve(10, rise(1, lifted))])!
    expect(found.apart).toBeCloseTo(Math.sqrt((2 * (0.04 + 0.16 + 0.16)) / 6), 9)
    const level = [0.5, 0.5, 0.5, 0.5]
    expect(dataCollapse([curve(1, rise(0, lifted)), curve(10, rise(1, level))])).toBeUndefined()
  })

  test('leaves out points of both that are no more than .02 from their start', () => {
    const values = [0, 0.02, 0.6, 1]
    const found = dataCollapse([curve(1, rise(0, values)), curve(10, rise(1, values))])!
    expect(found.apart).toBeCloseTo(Math.sqrt((2 * (0.58 ** 2 + 0.16)) / 4), 9)
  })

  test('is linear in ln step between points', () => {
    // The first at the second's points: .4 and .8 of 0 and .4. The second at the first's: 0, .2, .6 of .2, .6, 1.
    const found = dataCollapse([curve(1, rise(0, VALUES)), curve(100, rise(1.5, [0, 0.4, 0.8]))])!
    expect(found.apart).toBeCloseTo(Math.sqrt((0.16 + 0.16 + 0.04 + 0.16 + 0.16) / 5), 9)
  })

  test('is from the mean of the others', () => {
    // Alike but for a third that stays at .3 of them: .7·v from both, and they .35·v from the mean of it and each other.
    const low = VALUES.map((value) => 0.3 * value)
    const found = dataCollapse([
      curve(1, rise(0, VALUES)),
      curve(1, rise(0, VALUES)),
      curve(2, rise(0, low)),
    ])!
    const squares = VALUES.reduce((sum, value) => sum + value ** 2, 0)
    expect(found.apart).toBeCloseTo(Math.sqrt((squares * (0.7 ** 2 + 2 * 0.35 ** 2)) / 9), 9)
  })

  test('where curves hardly overlap is unknown: fewer than three points, or fewer than half of those that tell', () => {
    const early = (values: readonly number[]) => curve(1, rise(0, [0, ...values]))
    // Beyond all exponents: there every point of the early curve meets the start of the late one, and no other meets any.
    const late = (count: number) =>
      curve(
        1.0001,
        rise(
          20,
          Array.from({ length: count + 1 }, (_, i) => i / count),
        ),
      )
    expect(dataCollapse([early([0.5, 1]), late(2)])).toBeUndefined()
    expect(dataCollapse([early([0.4, 0.7, 1]), late(4)])).toBeUndefined()
    const half = dataCollapse([early([0.4, 0.7, 1]), late(3)])!
    expect(half.best).toBeCloseTo(Math.sqrt((0.16 + 0.49 + 1) / 3), 9)
    expect(half.exponent).toBe(0)
  })
})

test('curves that move by more than .02 count, and need two different P', () => {
  const flat = (height: number) => rise(0, [0, height / 3, height / 2, height])
  const pair = (height: number) => dataCollapse([curve(1, rise(0, VALUES)), curve(2, flat(height))])
  expect(pair(0.02)).toBeUndefined()
  expect(pair(-0.02)).toBeUndefined()
  expect(pair(0.021)).toBeDefined()
  expect(pair(-0.021)).toBeDefined()
  expect(dataCollapse([curve(2, rise(0, VALUES)), curve(2, rise(1, VALUES))])).toBeUndefined()
  expect(dataCollapse([curve(1, []), curve(2, [[0, 1]]), curve(3, rise(0, VALUES))])).toBeUndefined()
})
