import { describe, expect, test } from 'vitest'
import { drawFromCumulative, drawSubset, stream, uniformInteger } from '../../common/random.js'

describe('a stream', () => {
  test('is the same again, and another under another seed, purpose or index', () => {
    const first = (...key: Parameters<typeof stream>) => stream(...key)()
    expect(first('a', 'x', 1)).toBe(first('a', 'x', 1))
    expect(first('a', 'x')).toBe(first('a', 'x', 0))
    const all = [
      first('a', 'x', 1),
      first('b', 'x', 1),
      first('a', 'y', 1),
      first('a', 'x', 2),
      first('a', 'x', '1/2'),
    ]
    expect(new Set(all).size).toBe(5)
  })

  test('has more than the 32 random bits of a float', () => {
    const random = stream('a', 'x')
    expect(Array.from({ length: 20 }, () => (random() * 2 ** 32) % 1).every((rest) => rest !== 0)).toBe(true)
  })
})

test('a uniform integer is one of n equal parts of [0, 1)', () => {
  expect([0, 0.24, 0.25, 0.5, 0.999].map((u) => uniformInteger(() => u, 4))).toEqual([0, 0, 1, 2, 3])
})

describe('a draw from cumulative weights', () => {
  // Weights 0, 1, 0, 3 between others that are none of its business.
  const cumulative = [9, 9, 0, 1, 1, 4, 9]
  const draw = (u: number) => drawFromCumulative(() => u, cumulative, 2, 4)

  test('takes each as often as its weight says, and none without weight', () => {
    const drawn = Array.from({ length: 40 }, (_, i) => draw((i + 0.5) / 40))
    expect([0, 1, 2, 3].map((a) => drawn.filter((b) => a === b).length)).toEqual([0, 10, 0, 30])
    expect([0, 0.25, 1 - 2 ** -53].map(draw)).toEqual([1, 3, 3])
  })

  test('reads all of them where nothing is said', () => {
    expect([0.1, 0.4, 0.9].map((u) => drawFromCumulative(() => u, [1, 2, 4]))).toEqual([0, 1, 2])
  })
})

test('a subset of 2 of 4 is each of the 12 ordered pairs for one of 12 equal parts of the random numbers', () => {
  const out = new Int32Array(4)
  const pairs = Array.from({ length: 12 }, (_, k) => {
    const numbers = [(Math.floor(k / 3) + 0.5) / 4, ((k % 3) + 0.5) / 3]
    drawSubset(() => numbers.shift()!, 4, 2, out.fill(7))
    expect(numbers).toEqual([])
    // What is not drawn stands behind.
    expect([...out].sort()).toEqual([0, 1, 2, 3])
    return out.subarray(0, 2).join()
  })
  expect(new Set(pairs).size).toBe(12)
})
