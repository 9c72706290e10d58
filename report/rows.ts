import { fileWriter, parquetWriteRows } from 'hyparquet-writer'
import { fillFile } from '../common/files.js'

export type Field = string | number | boolean | null

/** A line of a table, by column; a column that it lacks is empty. */
export type Row = Readonly<Record<string, Field>>

/** The columns of a table: those of all its lines, in the order in which they first appear. */
function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))]
}

/** A table as CSV text; an empty field is a value that does not exist, such as the step of a censored clock. */
export function csv(rows: readonly Row[]): string {
  const quoted = (value: Field | undefined) =>
    value === null || value === undefined
      ? ''
      : typeof value === 'string' && /[",\n]/.test(value)
        ? `"${value.replaceAll('"', '""')}"`
        : String(value)
  const columns = columnsOf(rows)
  return [columns, ...rows.map((row) => columns.map((name) => quoted(row[name])))]
    .map((line) => `${line.join(',')}\n`)
    .join('')
}

/** Writes a table as Parquet, whole or not at all. */
export async function writeParquet(path: string, rows: readonly Row[]): Promise<void> {
  const columns = columnsOf(rows)
  const type = (name: string) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined)
    if (values.every((value) => typeof value === 'boolean') && values.length > 0)
      return { type: 'BOOLEAN' } as const
    if (values.some((value) => typeof value === 'string'))
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
    return values.every((value) => Number.isSafeInteger(value) && Math.abs(value as number) < 2 ** 31) &&
      values.length > 0
      ? ({ type: 'INT32' } as const)
      : ({ type: 'DOUBLE' } as const)
  }
  await fillFile(path, async (temporary) => {
    await parquetWriteRows({
      writer: fileWriter(temporary),
      rows,
      columns: columns.map((name) => ({ name })),
      schema: [
        { name: 'root', num_children: columns.length },
        ...columns.map((name) => ({ name, repetition_type: 'OPTIONAL' as const, ...type(name) })),
      ],
    })
  })
}
