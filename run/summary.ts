import type { CheckpointRecord } from '../analysis/record.js'
import { type RunSummary, summarise } from '../analysis/run-summary.js'
import type { RunParts } from './directory.js'
import { readPhenomena } from './phenomena.js'
import { grammarHash } from './source.js'

/** A run and its measured checkpoints as figures and tables see them. */
export function summaryOf(
  run: RunParts,
  records: readonly CheckpointRecord[],
  { key = 'run', label = '' } = {},
): RunSummary {
  const { config, source } = run
  return summarise({
    key,
    label,
    grammar: grammarHash(source.file),
    P: config.corpus.train,
    batch: config.batch,
    parameters: run.layout.total,
    source,
    records,
    phenomena: readPhenomena(run.directory),
  })
}
