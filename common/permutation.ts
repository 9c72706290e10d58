import { stream } from './random.js'

const ROUNDS = 8

/**
 * A keyed pseudorandom bijection of [0, size): position i of a shuffled deck, without holding the deck.
 *
 * A balanced Feistel network permutes the smallest even-bit domain that covers `size`; values that fall
 * outside are walked along their cycle until they fall inside, which keeps it a bijection.
 * Drawing positions 0, 1, 2, … is sampling without replacement in constant memory.
 */
export interface Permutation {
  readonly size: bigint
  /** Image of `i`; both in [0, size), which must not exceed 2^53. */
  at(i: number): number
  /** Image of `i` for any size. */
  atBig(i: bigint): bigint
}

/** The permutation of [0, size) that belongs to a seed and a purpose. */
export function permutation(size: bigint | number, seed: string, purpose: string): Permutation {
  const total = BigInt(size)
  const bits = Math.max(2, (total - 1n).toString(2).length)
  const half = Math.ceil(bits / 2)
  const limbs = Math.ceil(half / 32)
  const random = stream(seed, 'permutation', purpose)
  const keys = Int32Array.from({ length: ROUNDS * (limbs + 1) * limbs }, () => random() * 2 ** 32)

  const narrow = (i: number): number => {
    const radix = 2 ** half
    const mask = radix - 1
    const limit = Number(total)
    let x = i
    do {
      let left = Math.floor(x / radix)
      let right = x - left * radix
      for (let round = 0; round < ROUNDS; round++) {
        const next = (left ^ mix(right ^ keys[2 * round]!, keys[2 * round + 1]!)) & mask
        left = right
        right = next
      }
      x = left * radix + right
    } while (x >= limit)
    return x
  }

  const wide = (i: bigint): bigint => {
    const shift = BigInt(half)
    const mask = (1n << shift) - 1n
    let x = i
    do {
      let left = x >> shift
      let right = x & mask
      for (let round = 0; round < ROUNDS; round++) {
        const next = (left ^ roundFunction(right, round)) & mask
        left = right
        right = next
      }
      x = (left << shift) | right
    } while (x >= total)
    return x
  }

  // Every 32-bit limb of the output depends on every limb of the input through its own keys.
  const roundFunction = (value: bigint, round: number): bigint => {
    let out = 0n
    for (let limb = 0; limb < limbs; limb++) {
      const base = (round * limbs + limb) * (limbs + 1)
      let state = keys[base]!
      for (let j = 0; j < limbs; j++) {
        state = mix(state ^ Number((value >> BigInt(32 * j)) & 0xffffffffn), keys[base + 1 + j]!)
      }
      out = (out << 32n) | BigInt(state >>> 0)
    }
    return out
  }

  // The domain alone picks the arithmetic, so `at` and `atBig` are one bijection: 2·26 bits fit a double exactly.
  const isNarrow = half <= 26
  return {
    size: total,
    at: (i) => (isNarrow ? narrow(i) : Number(wide(BigInt(i)))),
    atBig: (i) => (isNarrow ? BigInt(narrow(Number(i))) : wide(i)),
  }
}

/** MurmurHash3's 32-bit finaliser with a key added. */
function mix(value: number, key: number): number {
  let h = Math.imul(value + key, 0x9e3779b1)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
