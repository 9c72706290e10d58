/** A batch of equally long strings: tokens [count, length] row-major. */
export interface TokenMatrix {
  readonly tokens: Int32Array
  readonly count: number
  readonly length: number
}

/** Copies rows of equal length into one matrix. */
export function tokenMatrix(rows: readonly ArrayLike<number>[], length: number): TokenMatrix {
  const tokens = new Int32Array(rows.length * length)
  rows.forEach((row, i) => {
    tokens.set(row, i * length)
  })
  return { tokens, count: rows.length, length }
}

/** One row as a view. */
export function row(matrix: TokenMatrix, index: number): Int32Array {
  return matrix.tokens.subarray(index * matrix.length, (index + 1) * matrix.length)
}

/** The first `count` rows as a view. */
export function firstRows(matrix: TokenMatrix, count: number): TokenMatrix {
  const kept = Math.min(count, matrix.count)
  return { tokens: matrix.tokens.subarray(0, kept * matrix.length), count: kept, length: matrix.length }
}

/** A set of strings for exact look-up: open addressing over the rows of a matrix, no per-string objects. */
export interface StringSet {
  /** Distinct strings. */
  readonly size: number
  /** Index of the first row equal to the string at tokens[offset..offset+length), or −1. */
  find(tokens: Int32Array, offset?: number): number
}

/** Builds the set of distinct rows of a matrix. */
export function stringSet(matrix: TokenMatrix): StringSet {
  const { tokens, count, length } = matrix
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(4, 2 * count)))
  const slots = new Int32Array(capacity).fill(-1)

  const slotOf = (candidate: Int32Array, offset: number): number => {
    let slot = hash(candidate, offset, length) & (capacity - 1)
    for (;;) {
      const held = slots[slot]!
      if (held < 0 || equal(tokens, held * length, candidate, offset, length)) return slot
      slot = (slot + 1) & (capacity - 1)
    }
  }

  let size = 0
  for (let i = 0; i < count; i++) {
    const slot = slotOf(tokens, i * length)
    if (slots[slot]! >= 0) continue
    slots[slot] = i
    size++
  }
  return { size, find: (candidate, offset = 0) => slots[slotOf(candidate, offset)]! }
}

function hash(tokens: Int32Array, offset: number, length: number): number {
  let h = 0x811c9dc5
  for (let i = 0; i < length; i++) h = Math.imul(h ^ tokens[offset + i]!, 0x01000193) ^ (h >>> 15)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return h ^ (h >>> 13)
}

function equal(a: Int32Array, aOffset: number, b: Int32Array, bOffset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aOffset + i] !== b[bOffset + i]) return false
  return true
}
