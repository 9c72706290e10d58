import { type BatchPart, batchPart } from './batch.js'
import type { ChunkInput } from './denoiser.js'
import type { RowSelection } from './operators/shape.js'

/**
 * Where the tokens of a chunk of n strings of T tokens stand, and which of them carry loss.
 *
 * Rows are token-major: row t·n + j is token t of the string in column j. In general every row carries loss, in its own place. Where
 * the two strings of every pair (2p, 2p + 1) have T + 1 rows with loss between them, n(T + 1)/2 places suffice, and the invariant
 * that attention relies on holds: the strings of a pair stand n/2 columns apart, and place s·n/2 + p is a row of column p or p + n/2.
 */
export interface BatchLayout {
  readonly length: number
  /** n */
  readonly strings: number
  /** R: rows that carry loss. */
  readonly scored: number
  /** Which string of the chunk stands in a column. */
  column(j: number): number
  /** Whether rows are chosen; else all carry loss. */
  readonly chooses: boolean
  /** Chosen rows go in as many turns, one per pair: turn p fills places p, p + turns, … with rows of columns p, p + turns, … */
  readonly turns: number
  /** Arrays by which a batch tells its chosen rows: none where all carry loss. */
  readonly parts: readonly BatchPart[]
  /** The chosen rows as the network wants them; undefined where all are. */
  selection(input: ChunkInput): RowSelection | undefined
}

/** Every row carries loss. */
export function fullLayout(length: number, strings: number): BatchLayout {
  return {
    length,
    strings,
    scored: length * strings,
    column: columnOf(strings),
    chooses: false,
    turns: strings,
    parts: [],
    selection: () => undefined,
  }
}

/** Two strings of a pair have T + 1 rows with loss between them, the odd one out has up to T. */
export function pairedLayout(length: number, strings: number): BatchLayout {
  const even = strings % 2 === 0
  const scored = Math.floor(strings / 2) * (length + 1) + (even ? 0 : length)
  if (scored === length * strings) return fullLayout(length, strings)
  return {
    length,
    strings,
    scored,
    column: columnOf(strings),
    chooses: true,
    turns: even ? strings / 2 : 1,
    parts: [batchPart('rows', [scored]), batchPart('places', [length * strings])],
    selection: (input) => ({ rows: input('rows'), places: input('places'), paired: even }),
  }
}

function columnOf(strings: number): (j: number) => number {
  const half = strings / 2
  return strings % 2 === 1 ? (j) => j : (j) => (j < half ? 2 * j : 2 * (j - half) + 1)
}
