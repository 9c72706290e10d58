import { QUANTITIES } from './quantities.js'
import { entry, found } from './quantity.js'
import type { Results } from './study-results.js'
import { table } from './written.js'

const SIZES: Readonly<Record<string, (P: number, bound: number) => boolean>> = {
  '=': (P, bound) => P === bound,
  '≥': (P, bound) => P >= bound,
  '≤': (P, bound) => P <= bound,
}
const SIZE = /^P([=≥≤])(\d+)$/g

/**
 * The text that a name stands for: study, quantity, words of the quantity, and which P, such as `phase ratio τ_2/τ_1 P≥512`; or
 * `rows FILE TABLE`, a table of a result file that is no study's, and `row FILE TABLE KEY COLUMN`, a cell of it.
 * Throws where there is no such thing.
 */
export function textOf(results: Results, name: string): string {
  const [study = '', quantity = '', ...rest] = name.split(' ')
  if (study === 'rows') return rowsTable(results.rows(quantity, rest.join(' ')))
  if (study === 'row') {
    const [table = '', key, ...column] = rest
    const row = results.rows(quantity, table).find((one) => Object.values(one)[0] === key)
    return String(entry({ ...found(row, `row ${key}`) }, column.join(' ')))
  }
  const known = Object.hasOwn(QUANTITIES, quantity) ? QUANTITIES[quantity] : undefined
  if (!known) throw new Error(`no quantity ${quantity}: one of ${Object.keys(QUANTITIES).join(', ')}`)
  const [read, most] = known
  const words = rest.filter((word) => !word.match(SIZE))
  if (words.length > most) throw new Error(`${words[most]} says nothing to ${quantity}`)
  const sizes = rest.flatMap((word) => [...word.matchAll(SIZE)])
  const { runs, digest } = results.of(study)
  const chosen = runs.filter(({ P }) => sizes.every(([, sign, bound]) => SIZES[sign!]!(P, Number(bound))))
  if (chosen.length === 0) throw new Error('no runs of such P')
  return read({ runs: chosen, every: chosen.length === runs.length, digest, words })
}

/** Rows with the keys of the first as their head. */
function rowsTable(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const head = Object.keys(rows[0]!)
  return table(
    head,
    rows.map((row) => head.map((key) => String(row[key] ?? '–'))),
  )
}
