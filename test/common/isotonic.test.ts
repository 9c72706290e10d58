import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isotonic } from '../../common/isotonic.js'

test('the isotonic regression is the greatest of least means: max over a ≤ i of min over b ≥ i of the mean of a..b', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 9 }), (values) => {
      const mean = (a: number, b: number) =>
        values.slice(a, b + 1).reduce((sum, value) => sum + value, 0) / (b + 1 - a)
      const least = (a: number, i: number) =>
        Math.min(...Array.from({ length: values.length - i }, (_, k) => mean(a, i + k)))
      const expected = values.map((_, i) => Math.max(...Array.from({ length: i + 1 }, (_, a) => least(a, i))))
      expect(isotonic(values)).toEqual(expected.map((value) => expect.closeTo(value, 12)))
    }),
  )
})
