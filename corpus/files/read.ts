import { readFileSync } from 'node:fs'
import { InputError } from '../../common/error.js'
import { readText } from '../../common/files.js'
import { row, type TokenMatrix, tokenMatrix } from '../../common/strings.js'

/** What strings in a file must look like. */
export interface TokenFileShape {
  /** Tokens per string. */
  readonly length: number
  /** Tokens are 0..vocabulary−1. */
  readonly vocabulary: number
}

/**
 * Reads strings of tokens: .npy (int32 or int64, [strings, length]); JSON lines with {"tokens": […]} or
 * {"input_ids": […]} or bare arrays; or plain text, one string per line, tokens separated by spaces.
 * Throws InputError with the line of the first string that does not fit.
 */
export function readTokenFile(path: string, field: string, shape: TokenFileShape): TokenMatrix {
  if (path.endsWith('.npy')) {
    const matrix = readNpy(path, field)
    for (let i = 0; i < matrix.count; i++) checkRow(row(matrix, i), `${field} ${path}[${i}]`, shape)
    return matrix
  }
  const lines = readText(path, field).split('\n')
  const rows: number[][] = []
  lines.forEach((line, index) => {
    if (line.trim() === '') return
    const where = `${field} ${path}:${index + 1}`
    const tokens = parseLine(line, where)
    checkRow(tokens, where, shape)
    rows.push(tokens)
  })
  if (rows.length === 0) throw new InputError(field, path, 'at least one string of tokens')
  return tokenMatrix(rows, shape.length)
}

function parseLine(line: string, where: string): number[] {
  const text = line.trim()
  if (!text.startsWith('{') && !text.startsWith('[')) return text.split(/\s+/).map(Number)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InputError(where, text, 'JSON such as {"tokens":[0,1]}')
  }
  const object = value as { tokens?: unknown; input_ids?: unknown }
  const row = Array.isArray(value) ? value : (object.tokens ?? object.input_ids)
  if (!Array.isArray(row)) throw new InputError(where, text, '{"tokens":[…]}, {"input_ids":[…]} or an array')
  return row
}

function checkRow(row: ArrayLike<number>, where: string, shape: TokenFileShape): void {
  if (row.length !== shape.length) throw new InputError(where, row.length, `${shape.length} tokens`)
  for (let i = 0; i < row.length; i++) {
    const token = row[i]!
    if (!Number.isInteger(token) || token < 0 || token >= shape.vocabulary) {
      throw new InputError(where, token, `tokens from 0 to ${shape.vocabulary - 1}`)
    }
  }
}

function readNpy(path: string, field: string): TokenMatrix {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    throw new InputError(field, path, 'a readable file')
  }
  const bad = (why: string) =>
    new InputError(field, path, `a two-dimensional .npy array of int32 or int64 (${why})`)
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY') throw bad('no NumPy header')
  const wide = bytes[6] === 1 ? 2 : 4
  const length = wide === 2 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8)
  const start = 8 + wide + length
  const header = bytes.toString('latin1', 8 + wide, start)
  const type = /'descr': '<i([48])'/.exec(header)
  const dims = /'shape': \((\d+), (\d+)\)/.exec(header)
  if (!type || !dims || header.includes("'fortran_order': True")) throw bad(header.trim())
  const [count, columns] = [Number(dims[1]), Number(dims[2])]
  const size = Number(type[1])
  if (bytes.length < start + count * columns * size) throw bad('it is cut off')
  const tokens = Int32Array.from({ length: count * columns }, (_, i) =>
    size === 4 ? bytes.readInt32LE(start + 4 * i) : Number(bytes.readBigInt64LE(start + 8 * i)),
  )
  return { tokens, count, length: columns }
}
