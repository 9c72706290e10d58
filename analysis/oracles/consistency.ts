import type { TokenMatrix } from '../../common/strings.js'

/**
 * Which training strings agree with the visible tokens of a partly masked one: an inverted index, one bit per string
 * for every token at every position.
 */
export interface ConsistencyIndex {
  /**
   * Indices of the consistent training strings, repeats included.
   * @param strings rows of d tokens, MASK where hidden
   * @param offset where the row begins
   */
  consistent(strings: Int32Array, offset: number): Int32Array
  /** Their number. */
  count(strings: Int32Array, offset: number): number
}

/** Indexes a training set; the MASK token is v. Memory: P·d·v bits. */
export function consistencyIndex(train: TokenMatrix, v: number): ConsistencyIndex {
  const { tokens, count, length } = train
  const words = Math.ceil(count / 32)
  const bits = new Int32Array(length * v * words)
  for (let n = 0; n < count; n++) {
    for (let t = 0; t < length; t++)
      bits[(t * v + tokens[n * length + t]!) * words + (n >> 5)]! |= 1 << (n & 31)
  }
  const everything = new Int32Array(words).fill(-1)
  if (count % 32 !== 0) everything[words - 1] = (1 << (count % 32)) - 1
  const set = new Int32Array(words)
  const out = new Int32Array(count)

  const intersect = (strings: Int32Array, offset: number) => {
    set.set(everything)
    for (let t = 0; t < length; t++) {
      const token = strings[offset + t]!
      if (token === v) continue
      const start = (t * v + token) * words
      for (let w = 0; w < words; w++) set[w]! &= bits[start + w]!
    }
  }
  return {
    consistent(strings, offset) {
      intersect(strings, offset)
      let found = 0
      for (let w = 0; w < words; w++) {
        for (let rest = set[w]!; rest !== 0; rest &= rest - 1)
          out[found++] = w * 32 + 31 - Math.clz32(rest & -rest)
      }
      return out.subarray(0, found)
    },
    count(strings, offset) {
      intersect(strings, offset)
      let total = 0
      for (let w = 0; w < words; w++) for (let rest = set[w]!; rest !== 0; rest &= rest - 1) total++
      return total
    },
  }
}
