import { headline, label } from '../analysis/clocks.js'
import { columnsOf } from '../analysis/record.js'
import { inUnits, type RunSummary } from '../analysis/run-summary.js'
import type { Corpus } from '../corpus/source.js'
import type { RunConfig } from '../run/config.js'
import type { TrainRecord } from '../train/stepper.js'
import type { Row } from './rows.js'

/** A run of a study with what tables say about it beside its measurements. */
export interface TableRun {
  readonly study: string
  readonly summary: RunSummary
  readonly config: RunConfig
  /** Its lines of metrics.jsonl. */
  training(): readonly TrainRecord[]
  corpus(): Corpus
}

/** Tables over many runs, each line with the run's configuration: what `study query` asks, and results.* hold. */
export const TABLES: Readonly<Record<string, (run: TableRun) => Row[]>> = {
  results: ({ summary }) =>
    headline(summary.clocks).map(({ clock, at }) => {
      const units = at.kind === 'reached' ? inUnits(at.step, summary) : undefined
      return {
        clock: label(clock),
        reached: at.kind === 'reached',
        steps: units?.steps ?? null,
        samples: units?.samples ?? null,
        epochs: units?.epochs ?? null,
        watched_steps: summary.records.at(-1)!.step,
      }
    }),
  checkpoints: ({ summary }) =>
    summary.records.map((record) => ({
      step: record.step,
      ...Object.fromEntries(
        columnsOf(record).map(({ name, value }) => [name.toLowerCase().replace(/\W+/g, '_'), value]),
      ),
    })),
  levels: ({ summary }) =>
    summary.records.flatMap((record) =>
      (record.levels ?? []).map((level) => ({
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
  metrics: ({ training }) => training().map(({ step, loss, norm }) => ({ step, loss, norm })),
}

/** The lines of one table over some runs. */
export function tableRows(name: string, runs: readonly TableRun[]): Row[] {
  return runs.flatMap((run) => {
    const about = describe(run)
    return TABLES[name]!(run).map((row) => ({ ...about, ...row }))
  })
}

function describe({ study, summary, config }: TableRun): Row {
  const { source, P, batch, parameters, key, grammar } = summary
  const { model, corpus } = config
  return {
    study,
    run: key,
    P,
    ...source.columns,
    grammar: grammar.slice(0, 12),
    grammar_seed: 'seed' in config.grammar ? config.grammar.seed : null,
    corpus_seed: corpus.seed,
    model_seed: model.seed,
    seed: config.seed,
    network: model.kind,
    layers: 'layers' in model ? model.layers : null,
    width: 'width' in model ? model.width : null,
    parameters,
    batch,
    duplicates: corpus.duplicates,
    learning_rate: config.optimiser.learningRate,
  }
}
