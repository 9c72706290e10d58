import { describe, expect, test } from 'vitest'
import { normalDistribution, normalHazard, normalPoint } from '../../common/distributions.js'
import { standardNormal } from '../../common/normal.js'

describe('the standard normal', () => {
  test('has the distribution of a table, and its inverse', () => {
    for (const [z, p] of [
      [0, 0.5],
      [1.2815515655, 0.9],
      [1.9599639845, 0.975],
      [-1.644853627, 0.05],
    ] as const) {
      expect(normalDistribution(z)).toBeCloseTo(p, 9)
      expect(normalPoint(p)).toBeCloseTo(z, 7)
    }
  })

  test.each([-3, -0.5, 0, 1, 4.9, 5, 5.01, 6.5, 8, 40])(
    'has the hazard 1/∫ exp(−zu − u²/2) du over u > 0 at %d',
    (z) => {
      // Simpson's rule to where nothing is left.
      const [steps, end] = [4000, z > 0 ? 40 / (z + 4) : 12]
      const at = (i: number) => {
        const u = (end * i) / steps
        return Math.exp(-z * u - (u * u) / 2) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2)
      }
      const integral =
        (Array.from({ length: steps + 1 }, (_, i) => at(i)).reduce((a, b) => a + b) * end) / steps / 3
      expect(normalHazard(z) * integral).toBeCloseTo(1, 9)
    },
  )

  test('is drawn as a length √(−2 ln(1 − u)) in a direction of the plane', () => {
    const draw = (length: number, turn: number) => {
      const numbers = [1 - Math.exp(-(length ** 2) / 2), turn]
      return standardNormal(() => numbers.shift()!)
    }
    expect(draw(0, 0.3)).toBeCloseTo(0, 12)
    expect(draw(1, 0)).toBeCloseTo(1, 12)
    expect(draw(2, 0.5)).toBeCloseTo(-2, 12)
    expect(draw(3, 0.25)).toBeCloseTo(0, 12)
    expect(draw(2, 1 / 6)).toBeCloseTo(1, 12)
  })
})
