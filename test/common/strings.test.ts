import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstRows, row, stringSet, tokenMatrix } from '../../common/strings.js'

test('a matrix holds its rows one after another, and lends them out', () => {
  const matrix = tokenMatrix(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    2,
  )
  expect(matrix).toEqual({ tokens: Int32Array.of(1, 2, 3, 4, 5, 6), count: 3, length: 2 })
  expect([...row(matrix, 1)]).toEqual([3, 4])
  row(matrix, 1)[0] = 9
  expect(matrix.tokens[2]).toBe(9)
  expect(firstRows(matrix, 2)).toEqual({ tokens: Int32Array.of(1, 2, 9, 4), count: 2, length: 2 })
  // No more than there are.
  expect(firstRows(matrix, 5)).toEqual(matrix)
  expect(firstRows(matrix, 1).tokens.buffer).toBe(matrix.tokens.buffer)
})

describe('a set of strings', () => {
  const lists = (length: number) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: length, maxLength: length }), {
      maxLength: 40,
    })

  test('has as many strings as a list without repeats, and finds each at its first row and no other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain((length) => fc.tuple(lists(length), lists(length))),
        ([rows, others]) => {
          const length = rows[0]?.length ?? others[0]?.length ?? 1
          const set = stringSet(tokenMatrix(rows, length))
          const texts = rows.map(String)
          expect(set.size).toBe(new Set(texts).size)
          for (const string of [...rows, ...others])
            expect(set.find(Int32Array.from(string))).toBe(texts.indexOf(String(string)))
        },
      ),
    )
  })

  test('reads a string from where it is told', () => {
    const set = stringSet(
      tokenMatrix(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        3,
      ),
    )
    const tokens = Int32Array.of(0, 4, 5, 6, 1, 2, 3, 7)
    expect([1, 4, 0, 2].map((offset) => set.find(tokens, offset))).toEqual([1, 0, -1, -1])
  })

  test('ends its search where it is as full as it gets, of a power of two strings', () => {
    for (const count of [1, 2, 4, 64]) {
      const set = stringSet(
        tokenMatrix(
          Array.from({ length: count }, (_, i) => [i]),
          1,
        ),
      )
      expect(Array.from({ length: 2 * count }, (_, i) => set.find(Int32Array.of(i)))).toEqual(
        Array.from({ length: 2 * count }, (_, i) => (i < count ? i : -1)),
      )
    }
  })
})
