import { join } from 'node:path'
import { fileWriter, parquetWriteRows } from 'hyparquet-writer'
import { headlineClocks, inUnits, type RunSummary } from '../analysis/run-summary.js'
import { fillFile, readJsonLines, writeFileAtomic } from '../common/files.js'
import type { RunConfig } from '../run/config.js'

/** A run of a study with what tables say about it beside its measurements. */
export interface TableRun {
  readonly study: string
  readonly summary: RunSummary
  readonly config: RunConfig
  readonly directory: string
}

type Cell = string | number | boolean | null
type Row = Readonly<Record<string, Cell>>

/** Tables over many runs, each line with the run's configuration: what `study query` asks, and results.* hold. */
export const TABLES: Readonly<Record<string, (run: TableRun) => Row[]>> = {
  results: ({ summary }) =>
    headlineClocks(summary).map(({ name, clock }) => {
      const units = clock.kind === 'reached' ? inUnits(clock.step, summary) : undefined
      return {
        clock: name,
        reached: clock.kind === 'reached',
        steps: units?.steps ?? null,
        samples: units?.samples ?? null,
        epochs: units?.epochs ?? null,
        watched_steps: summary.records.at(-1)!.step,
      }
    }),
  checkpoints: ({ summary }) =>
    summary.records.map((record) => ({
      step: record.step,
      train_nelbo: record.train.mean,
      test_nelbo: record.test.mean,
      copies: record.copies?.rate ?? null,
      copies_by_chance: record.copies?.expected ?? null,
      memorised: record.copies?.memorised ?? null,
      novel_valid: record.novelValid,
      bound: record.bound,
      distinct_share: record.distinct,
      edits: record.edits.at(-1)!,
    })),
  levels: ({ summary }) =>
    summary.records.flatMap((record) =>
      record.levels.map((level) => ({
        step: record.step,
        level: level.level,
        node_validity: level.nodeValidity,
        string_validity: level.stringValidity,
        conditional_validity: level.conditionalValidity,
        acquisition: level.acquisition,
        block_copies: level.blockCopies,
        kl_to_bayes: record.oracles?.bayes[level.level] ?? null,
      })),
    ),
  metrics: ({ directory }) =>
    (readJsonLines(join(directory, 'metrics.jsonl')) as { step: number; loss: number; norm: number }[]).map(
      ({ step, loss, norm }) => ({ step, loss, norm }),
    ),
}

/** The lines of one table over some runs. */
export function tableRows(name: string, runs: readonly TableRun[]): Row[] {
  return runs.flatMap((run) => {
    const about = describe(run)
    return TABLES[name]!(run).map((row) => ({ ...about, ...row }))
  })
}

function describe({ study, summary, config }: TableRun): Row {
  const { tables, P, batch, parameters, key, grammar } = summary
  const { model, corpus } = config
  const { v, m, s, L } = tables
  return {
    study,
    run: key,
    P,
    v,
    m,
    s,
    L,
    grammar: grammar.slice(0, 12),
    grammar_seed: 'file' in config.grammar ? null : config.grammar.seed,
    corpus_seed: corpus.seed,
    model_seed: model.seed,
    seed: config.seed,
    network: model.kind,
    layers: 'layers' in model ? model.layers : null,
    width: model.width,
    parameters,
    batch,
    duplicates: corpus.duplicates,
    learning_rate: config.optimiser.learningRate,
  }
}

/** A table as CSV text; an empty field is a value that does not exist, such as the step of a censored clock. */
export function csv(rows: readonly Row[]): string {
  const quoted = (value: Cell) =>
    value === null
      ? ''
      : typeof value === 'string' && /[",\n]/.test(value)
        ? `"${value.replaceAll('"', '""')}"`
        : String(value)
  const columns = Object.keys(rows[0] ?? {})
  return [columns, ...rows.map((row) => columns.map((name) => quoted(row[name]!)))]
    .map((line) => `${line.join(',')}\n`)
    .join('')
}

/** Writes a table as Parquet, whole or not at all. */
export async function writeParquet(path: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  const type = (name: string) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null)
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

/** results.csv and results.parquet of a study or a run: one line per run and clock. */
export async function writeResults(directory: string, runs: readonly TableRun[]): Promise<void> {
  const rows = tableRows('results', runs)
  writeFileAtomic(join(directory, 'results.csv'), csv(rows))
  await writeParquet(join(directory, 'results.parquet'), rows)
}
