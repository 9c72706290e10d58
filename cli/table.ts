import Table from 'cli-table3'
import { printLine } from './output.js'

/** Writes a table without colours. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  for (const row of rows) table.push([...row])
  printLine(table.toString())
}
