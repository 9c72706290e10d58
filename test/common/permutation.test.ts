import fc from 'fast-check'
import { expect, test } from 'vitest'
import { permutation } from '../../common/permutation.js'

test('every size is permuted onto itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.string(), (size, seed) => {
      const order = permutation(size, seed, 'test')
      const images = Array.from({ length: size }, (_, i) => order.at(i))
      expect(new Set(images).size).toBe(size)
      expect(Math.max(...images)).toBeLessThan(size)
    }),
    { numRuns: 60 },
  )
})

test('sizes beyond 2^53 give distinct positions inside the range', () => {
  const size = 3n ** 60n
  const order = permutation(size, 'seed', 'test')
  const images = Array.from({ length: 500 }, (_, i) => order.atBig(BigInt(i)))
  expect(new Set(images).size).toBe(500)
  expect(images.every((image) => image >= 0n && image < size)).toBe(true)
  // Spread over the whole range: the mean of uniform positions lies within five standard errors of the middle.
  const mean = images.reduce((sum, image) => sum + Number(image) / Number(size), 0) / 500
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * 500))
})

test('another seed or purpose gives another order', () => {
  const order = (seed: string, purpose: string) =>
    Array.from({ length: 20 }, (_, i) => permutation(1000, seed, purpose).at(i)).join()
  expect(new Set([order('a', 'x'), order('b', 'x'), order('a', 'y')]).size).toBe(3)
})

test('each position is equally likely to be hit', () => {
  const size = 10
  const counts = new Array<number>(size).fill(0)
  for (let seed = 0; seed < 5000; seed++) counts[permutation(size, String(seed), 'fair').at(3)]!++
  const chiSquare = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)
  expect(chiSquare).toBeLessThan(27.9) // the 0.1 % point of χ² with 9 degrees of freedom
})
