import fc from 'fast-check'
import { expect, test } from 'vitest'
import { permutation } from '../../common/permutation.js'
import { stream } from '../../common/random.js'

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

test.each([
  1n,
  2n,
  4n,
  5n,
  1000n,
  2n ** 20n,
  2n ** 20n + 1n,
  2n ** 52n - 7n,
  2n ** 52n + 7n,
  2n ** 64n + 1n,
  3n ** 60n,
])('of %d positions is a Feistel network of eight rounds, in whole numbers of any length', (size) => {
  const order = permutation(size, 'seed', 'test')
  expect(order.size).toBe(size)
  const images = Array.from({ length: 4 }, (_, k) => (size * BigInt(2 * k + 1)) / 8n)
  for (const i of images) {
    expect(order.atBig(i)).toBe(feistel(size, i))
    if (size < 2n ** 53n) expect(order.at(Number(i))).toBe(Number(feistel(size, i)))
  }
})

/** The image of a position under 'seed' and 'test', by the definition and without an eye on time. */
function feistel(size: bigint, position: bigint): bigint {
  const WORD = 2n ** 32n
  const bits = size === 1n ? 1 : (size - 1n).toString(2).length
  const half = Math.max(1, Math.ceil(bits / 2))
  const limbs = Math.ceil(half / 32)
  const random = stream('seed', 'permutation', 'test')
  /** keys[round][limb written] has one key to begin with, and one per limb that is read. */
  const keys = Array.from({ length: 8 }, () =>
    Array.from({ length: limbs }, () =>
      Array.from({ length: limbs + 1 }, () => BigInt(Math.floor(random() * 2 ** 32))),
    ),
  )
  /** MurmurHash3's finaliser after a multiplication by the golden ratio. */
  const mix = (value: bigint, key: bigint) => {
    let h = ((value + key) * 0x9e3779b1n) % WORD
    h ^= h >> 16n
    h = (h * 0x85ebca6bn) % WORD
    h ^= h >> 13n
    h = (h * 0xc2b2ae35n) % WORD
    return h ^ (h >> 16n)
  }
  const side = 2n ** BigInt(half)
  let image = position
  do {
    let [left, right] = [image / side, image % side]
    for (const round of keys) {
      const written = round.map(([first, ...others]) =>
        others.reduce((state, key, j) => mix(state ^ ((right / WORD ** BigInt(j)) % WORD), key), first!),
      )
      const whole = written.reduce((value, limb) => value * WORD + limb, 0n)
      ;[left, right] = [right, left ^ (whole % side)]
    }
    image = left * side + right
  } while (image >= size)
  return image
}
