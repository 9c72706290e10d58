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

  test.each([
    [40, 200, 60, 200],
    [40, 201, 61, 200],
    [540, 1000, 500, 1000],
    // Sides of unlike size: a normal limit would say 0, .0000018 and .00003.
    [1, 1, 101, 10_000],
    [7, 10, 150, 1000],
    [2, 5, 20, 10_000],
  ])("is Fisher's for %i of %i strings and %i of %i, in whole numbers", (x, n, y, m) => {
    const choose = (of: number, k: number) => {
      let ways = 1n
      for (let i = 1; i <= k; i++) ways = (ways * BigInt(of - k + i)) / BigInt(i)
      return k > of || k < 0 ? 0n : ways
    }
    const [special, mean] = [x + y, (n * (x + y)) / (n + m)]
    let far = 0n
    for (let k = 0; k <= Math.min(n, special); k++)
      if (Math.abs(k - mean) >= Math.abs(x - mean) - 1e-9)
        far += choose(special, k) * choose(n + m - special, n - k)
    const p = Number((far * 10n ** 15n) / choose(n + m, n)) / 1e15
    expect(permutationTest([n - x, x], [m - y, y])).toBeCloseTo(p, 9)
    expect(permutationTest([m - y, y], [n - x, x])).toBeCloseTo(p, 9)
  })

  test('is the normal one where counts are several and large', () => {
    const [a, b] = [
      [200, 200, 200, 200, 200],
      [180, 190, 200, 210, 220],
    ]
    // Scores add up to 2,000 and 2,100 of 2,000 strings; Σ(x − x̄)² = Σx² − 4,100²/2,000.
    const squares = 390 * 1 + 400 * 4 + 410 * 9 + 420 * 16 - 4100 ** 2 / 2000
    const z = 50 / Math.sqrt((1000 * 1000 * squares) / (2000 * 1999))
    expect(permutationTest(a!, b!)).toBeCloseTo(2 * (1 - phi(z)), 6)
    expect(permutationTest(b!, a!)).toBeCloseTo(2 * (1 - phi(z)), 6)
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
