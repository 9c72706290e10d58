import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { writeParquet } from '../report/rows.js'
import { collect } from './report.js'

export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/**
 * Answers an SQL question over the tables of some study directories (default: all in studies/), from whatever they hold now.
 * Throws InputError where DuckDB is not installed, a directory holds no study, or the question is not valid.
 */
export async function queryStudies(sql: string, directories: readonly string[]): Promise<Answer> {
  const { DuckDBInstance } = await import('@duckdb/node-api').catch(() => {
    throw new InputError(
      'study query',
      '@duckdb/node-api',
      'that package beside this one: npm install @duckdb/node-api',
    )
  })
  const named = directories.length > 0 ? directories : everyStudy()
  const collected = named
    .map((directory) => collect(directory))
    .filter(({ findings }) => findings.found.length > 0)
  if (collected.length === 0)
    throw new InputError('directories', named.join(' ') || 'studies/', 'a study with a measured run')
  const folder = mkdtempSync(join(tmpdir(), 'pcfg-diffusion-query-'))
  try {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    for (const name of new Set(collected.flatMap(({ tables }) => tables))) {
      const path = join(folder, `${name}.parquet`)
      const rows = collected.flatMap(({ findings, tables }) =>
        tables.includes(name) ? findings.table(name) : [],
      )
      await writeParquet(path, rows)
      await connection.run(`create table ${name} as select * from '${path}'`)
    }
    const answer = await connection.runAndReadAll(sql).catch((error: Error) => {
      throw new InputError('sql', sql, `a question that DuckDB understands (${error.message.split('\n')[0]})`)
    })
    const columns = answer.columnNames()
    return { columns, rows: answer.getRowsJson() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function everyStudy(): string[] {
  if (!existsSync('studies')) return []
  return readdirSync('studies')
    .map((name) => join('studies', name))
    .filter((directory) => existsSync(join(directory, 'study.yaml')))
}
