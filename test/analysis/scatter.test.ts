import { expect, test } from 'vitest'
import { scatterOf } from '../../analysis/scatter.js'
import { stream } from '../../common/random.js'
import { normal } from '../reference/planted.js'

test('the scatter of what is smooth is none: lines and parabolas have no third differences', () => {
  expect(scatterOf([3, 5, 7, 9, 11, 13])).toBe(0)
  expect(scatterOf([16, 9, 4, 1, 0, 1, 4])).toBe(0)
  expect(scatterOf([1, 2, 3])).toBe(0)
})

test('of a single spike it is one above the middle of its differences, over what noise of deviation 1 would have', () => {
  // 1, −3, 3, −1 and 0: the third smallest of five is 1, the one above it 3.
  expect(scatterOf([0, 0, 0, 1, 0, 0, 0, 0])).toBeCloseTo(3 / (0.6745 * Math.sqrt(20)), 12)
  // Of one difference it is that.
  expect(scatterOf([0, 0, 0, 1])).toBeCloseTo(1 / (0.6745 * Math.sqrt(20)), 12)
})

test.each([0.1, 2])('of noise about a curve it is the deviation %f of the noise', (deviation) => {
  const random = stream('scatter', String(deviation))
  const values = Array.from({ length: 4000 }, (_, i) => Math.sin(i / 50) + deviation * normal(random))
  expect(scatterOf(values) / deviation).toBeCloseTo(1, 1)
})
