import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readTokenFile } from '../../corpus/files/read.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'read-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const shape = { length: 3, vocabulary: 12 }
const read = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(directory, name), content)
  const { tokens, count, length } = readTokenFile(join(directory, name), 'train', shape)
  expect([tokens.length, length]).toEqual([3 * count, 3])
  return [...tokens]
}

describe('strings of a text file', () => {
  test.each([
    ['tokens apart by white space', '0 1 2\n  11\t4   5 \n'],
    ['arrays', '[0,1,2]\n[11, 4, 5]'],
    ['objects with tokens', '{"id":0,"tokens":[0,1,2]}\n {"tokens":[11,4,5]}\n'],
    ['objects with input_ids', '{"input_ids":[0,1,2]}\n\n{"input_ids":[11,4,5]}\n  \n'],
  ])('may be %s, with empty lines between them', (_, text) => {
    expect(read('strings.txt', text)).toEqual([0, 1, 2, 11, 4, 5])
  })

  test.each([
    ['a string that is too short', '0 1 2\n\n0 1', ':3: got 2, expected 3 tokens'],
    ['one that is too long', '[0,1,2,3]', ':1: got 4, expected 3 tokens'],
    ['a token beyond the last', '0 1 2\n0 12 2', ':2: got 12, expected tokens from 0 to 11'],
    ['one below the first', '0 -1 2', ':1: got -1, expected tokens from 0 to 11'],
    ['a broken one', '0 1.5 2', ':1: got 1.5, expected tokens from 0 to 11'],
    ['words', '0 a 2', ':1: got null, expected tokens from 0 to 11'],
    ['tokens as text', '["0","1","2"]', ':1: got "0", expected tokens from 0 to 11'],
    ['half an object', '0 1 2\n{"tokens":', ':2: got "{"tokens":", expected JSON'],
    ['an object without tokens', '{"ids":[0,1,2]}', ':1: got "{"ids":[0,1,2]}", expected {"tokens"'],
    ['no strings', '\n \n', 'strings.txt", expected at least one string'],
  ])('are refused by line: %s', (_, text, message) => {
    expect(() => read('strings.txt', text)).toThrow(message)
    expect(() => read('strings.txt', text)).toThrow(/^train/)
  })

  test('have to be there', () => {
    expect(() => readTokenFile(join(directory, 'none'), 'train', shape)).toThrow(/^train: got ".*none"/)
  })
})

describe('strings of a NumPy array', () => {
  /** As NEP 1 lays it out: magic, version, length of the header, header, data. */
  const npy = (data: Uint8Array, header: string, version = 1) => {
    const size = Buffer.alloc(version === 1 ? 2 : 4)
    if (version === 1) size.writeUInt16LE(header.length)
    else size.writeUInt32LE(header.length)
    return Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]),
      size,
      Buffer.from(header, 'latin1'),
      data,
    ])
  }
  const header = (type: string, dims = '(2, 3)', order = 'False') =>
    `{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${dims}, }\n`
  const numbers = [0, 1, 2, 11, 4, 5]
  const narrow = new Uint8Array(Int32Array.from(numbers).buffer)
  const wide = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer)

  test('may have 32 or 64 bits, and a header of either version', () => {
    // A header of more than 255 bytes needs both bytes of its length.
    const long = `${header('<i4').trim()}${' '.repeat(300)}\n`
    // A header of more than 65,535 needs all four of the second version's.
    expect(read('a.npy', npy(narrow, `${header('<i4').trim()}${' '.repeat(70_000)}\n`, 2))).toEqual(numbers)
    for (const version of [1, 2]) {
      expect(read('a.npy', npy(narrow, header('<i4'), version))).toEqual(numbers)
      expect(read('a.npy', npy(wide, header('<i8'), version))).toEqual(numbers)
      expect(read('a.npy', npy(narrow, long, version))).toEqual(numbers)
    }
  })

  test.each([
    ['other numbers', npy(narrow, header('<f4'))],
    ['the other end first', npy(narrow, header('>i4'))],
    ['columns first', npy(narrow, header('<i4', '(2, 3)', 'True'))],
    ['one dimension', npy(narrow, header('<i4', '(6,)'))],
    ['three dimensions', npy(narrow, header('<i4', '(1, 2, 3)'))],
    ['less than it says', npy(narrow.subarray(0, 23), header('<i4'))],
    ['half of its 64 bits', npy(narrow, header('<i8'))],
    ['another beginning', Buffer.concat([Buffer.from('X'), npy(narrow, header('<i4')).subarray(1)])],
    ['no array at all', Buffer.from('NUMPY of another kind')],
  ])('are refused where it has %s', (_, bytes) => {
    expect(() => read('a.npy', bytes)).toThrow(
      /^train: got ".*a\.npy", expected a two-dimensional \.npy array/,
    )
  })

  test('are refused by string where tokens or lengths do not fit', () => {
    const other = new Uint8Array(Int32Array.of(0, 1, 2, 3, 12, 4).buffer)
    expect(() => read('a.npy', npy(other, header('<i4')))).toThrow(
      /a\.npy\[1\]: got 12, expected tokens from 0 to 11/,
    )
    expect(() => read('a.npy', npy(narrow, header('<i4', '(3, 2)')))).toThrow(
      /^train .*a\.npy\[0\]: got 2, expected 3 tokens/,
    )
    const many = new Uint8Array(36 * 4)
    expect(read('a.npy', npy(many, header('<i4', '(12, 3)')))).toEqual(new Array(36).fill(0))
    expect(() => read('a.npy', npy(many, header('<i4', '(3, 12)')))).toThrow('got 12, expected 3 tokens')
  })

  test('have to be a file', () => {
    mkdirSync(join(directory, 'b.npy'))
    for (const name of ['b.npy', 'none.npy'])
      expect(() => readTokenFile(join(directory, name), 'train', shape)).toThrow(
        /^train: got ".*npy", expected a readable/,
      )
  })
})
