import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BOOLEAN,
  COUNTING,
  ENTROPY,
  INFINITE,
  LOG,
  MAX,
  MIN_PLUS,
  REAL,
  SCALED_REAL,
  type Semiring,
} from '../../grammar/inference/semiring.js'

/** A semiring, some of its values, and its values as numbers; those that count are exact. */
function laws<T>(semiring: Semiring<T>, value: fc.Arbitrary<T>, numbers: (a: T) => readonly number[]): void {
  const { zero, one, plus, times, star, isZero } = semiring
  const any = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(zero, one) }, { weight: 4, arbitrary: value })
  /** Equal, but for the rounding of a few operations. */
  const equal = (a: T, b: T) => {
    if (typeof a === 'bigint') return expect(a).toBe(b)
    const other = numbers(b)
    numbers(a).forEach((x, i) => {
      const y = other[i]!
      expect(x === y || Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x)), `${x} and ${y}`).toBe(true)
    })
  }
  describe(`the ${semiring.name} semiring`, () => {
    test('adds and multiplies as its laws say', () => {
      fc.assert(
        fc.property(any, any, any, (a, b, c) => {
          equal(plus(a, b), plus(b, a))
          equal(plus(a, plus(b, c)), plus(plus(a, b), c))
          equal(plus(zero, a), a)
          equal(times(a, b), times(b, a))
          equal(times(a, times(b, c)), times(times(a, b), c))
          equal(times(one, a), a)
          equal(times(a, plus(b, c)), plus(times(a, b), times(a, c)))
          expect(isZero(times(zero, a))).toBe(true)
        }),
      )
    })

    test('has 1 ⊕ a⊗a* as a*, wherever that is a value', () => {
      fc.assert(
        fc.property(any, (a) => {
          if (semiring.isFinite(star(a))) equal(star(a), plus(one, times(a, star(a))))
        }),
      )
      equal(star(zero), one)
      expect(semiring.isFinite(star(zero))).toBe(true)
    })

    test('knows its zero, weighs the impossible as zero and the certain as one', () => {
      expect(isZero(zero)).toBe(true)
      expect(isZero(one)).toBe(false)
      expect(semiring.array(2).every((a) => isZero(a))).toBe(true)
      expect(isZero(semiring.fromProbability(0))).toBe(true)
      equal(semiring.fromProbability(1), one)
    })
  })
}

const real = (max: number) => fc.double({ min: 0, max, noNaN: true })
const logarithm = fc.double({ min: -50, max: 5, noNaN: true })
const itself = (a: number) => [a]

laws(BOOLEAN, fc.constantFrom(0, 1), itself)
laws(COUNTING, fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 80n }), fc.constant(INFINITE)), (a) => [Number(a)])
laws(REAL, real(2), itself)
laws(SCALED_REAL, real(2), itself)
laws(LOG, logarithm, itself)
// No product of probabilities is above 1, and no cost below 0: there the star of either is its one.
laws(MAX, fc.double({ min: -50, max: 0, noNaN: true }), itself)
laws(MIN_PLUS, real(50), itself)
laws(ENTROPY, fc.record({ p: real(2), r: real(5) }), ({ p, r }) => [p, r])
