import { describe, expect, test } from 'vitest'
import { permutationTest } from '../../analysis/regression/permutation.js'

describe('the test of two tallies', () => {
  test("is Fisher's exact test where strings have one part", () => {
    // The lady tasting tea: three of four cups right, twice (16 + 1)/70 and its mirror image.
    expect(permutationTest([1, 3], [3, 1])).toBeCloseTo(34 / 70, 12)
    expect(permutationTest([0, 4], [4, 0])).toBeCloseTo(2 / 70, 12)
  })

  test.each([
    [
      [3, 0, 2],
      [1, 2, 1],
    ],
    [
      [0, 1, 1, 3],
      [2, 1, 0, 1],
    ],
    [
      [5, 1],
      [2, 2],
    ],
    // One part and three are as many as two and two.
    [
      [4, 1, 2, 1],
      [3, 1, 0, 1],
    ],
    // A side that is smaller than all that differs, and one larger than all that is alike.
    [
      [0, 2],
      [6, 3],
    ],
    [
      [5, 4],
      [1, 1],
    ],
  ])('equals dealing the strings of %j and %j to two sides in all ways', (a, b) => {
    const scores = (tally: readonly number[]) => tally.flatMap((n, k) => new Array<number>(n).fill(k))
    const [left, all] = [scores(a), [...scores(a), ...scores(b)]]
    const sum = (of: readonly number[]) => of.reduce((total, x) => total + x, 0)
    const mean = (left.length * sum(all)) / all.length
    let [far, deals] = [0, 0]
    for (let mask = 0; mask < 2 ** all.length; mask++) {
      const side = all.filter((_, i) => (mask >> i) & 1)
      if (side.length !== left.length) continue
      deals++
      if (Math.abs(sum(side) - mean) >= Math.abs(sum(left) - mean) - 1e-9) far++
    }
    expect(permutationTest(a, b)).toBeCloseTo(far / deals, 10)
  })

  test('counts the ways where nearly all strings are alike, however many they are', () => {
    // All five on one side: 2·C(200, 5)/C(400, 5).
    const p = [0, 1, 2, 3, 4].reduce((product, i) => (product * (200 - i)) / (400 - i), 2)
    expect(permutationTest([200, 0], [195, 5])).toBeCloseTo(p, 10)
    expect(permutationTest([0, 200], [5, 195])).toBeCloseTo(p, 10)
  })

  test('counts as long as a hundred strings differ from the commonest, then is normal', () => {
    const lnChoose = (n: number, k: number) => {
      let ln = 0
      for (let i = 1; i <= k; i++) ln += Math.log((n - k + i) / i)
      return ln
    }
    let far = 0
    for (let k = 0; k <= 100; k++)
      if (Math.abs(k - 50) >= 10)
        far += Math.exp(lnChoose(100, k) + lnChoose(300, 200 - k) - lnChoose(400, 200))
    expect(permutationTest([160, 40], [140, 60])).toBeCloseTo(far, 9)
    // 201 strings of 401, 50.63 of 101 expected.
    const variance = (201 * 200 * 401 * (101 / 401) * (300 / 401)) / (401 * 400)
    expect(permutationTest([161, 40], [139, 61])).toBeCloseTo(
      2 * phi(-((201 * 101) / 401 - 40) / Math.sqrt(variance)),
      6,
    )
  })

  test('is the normal one where counts are large', () => {
    // z = 40/√(n m/(N (N − 1)) Σ(x − x̄)²) with Σ(x − x̄)² = 2000·.48·.52.
    const z = 20 / Math.sqrt((1000 * 1000 * 499.2) / (2000 * 1999))
    expect(permutationTest([500, 500], [460, 540])).toBeCloseTo(2 * (1 - phi(z)), 6)
    expect(permutationTest([460, 540], [500, 500])).toBeCloseTo(2 * (1 - phi(z)), 6)
  })

  test('knows no difference between sides that are alike', () => {
    expect(permutationTest([3, 0, 5], [3, 0, 5])).toBeCloseTo(1, 9)
    expect(permutationTest([0, 8], [0, 9])).toBeCloseTo(1, 9)
    expect(permutationTest([500, 500], [500, 500])).toBeCloseTo(1, 12)
  })
})

/** Φ by the trapezoidal rule. */
function phi(z: number): number {
  const steps = 20_000
  const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)
  let sum = 0.5 * (density(-10) + density(z))
  for (let i = 1; i < steps; i++) sum += density(-10 + ((z + 10) * i) / steps)
  return (sum * (z + 10)) / steps
}
