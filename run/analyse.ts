import { type Subject, subjectOf } from '../analysis/measures/measure.js'
import type { MeasureName } from '../analysis/measures/table.js'
import { type CheckpointRecord, measureCheckpoint, measuring, recordOf } from '../analysis/record.js'
import { refuseUnread } from '../model/unread.js'
import { listCheckpoints } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/runtime.js'
import type { Assembly } from './assembly.js'
import { openDenoiser } from './denoiser.js'
import type { RunParts } from './directory.js'
import { type AnalysisOptions, inAnalysis, refuseLong } from './options.js'
import { beginRecords, lacking, measuredWith, readRecords, writeRecords } from './records.js'

export interface AnalyseContext {
  readonly device?: Device | undefined
  readonly onRecord?: ((record: CheckpointRecord, done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a run's checkpoints are measured against. */
export function subjectOfRun({ source, corpus, process }: Assembly, config: AnalysisOptions): Subject {
  const { train, test } = corpus()
  return subjectOf({ source, train, test, process, config })
}

/**
 * Measures of every checkpoint of a run what has not been measured in this way yet, or only by an older version of a measure.
 * analysis.jsonl grows by one whole line per checkpoint; a different configuration starts it anew.
 */
export async function analyseRun(
  run: RunParts,
  options: AnalysisOptions,
  { device, onRecord, signal }: AnalyseContext = {},
): Promise<CheckpointRecord[]> {
  refuseUnread(run.process, options, inAnalysis)
  if (options.exact) refuseLong(run.source.length, '--exact')
  const { directory } = run
  const same = measuredWith(directory, options)
  const records = new Map((same ? readRecords(directory) : []).map((record) => [record.step, record]))
  const inOrder = () => [...records.values()].sort((a, b) => a.step - b.step)
  const subject = subjectOfRun(run, options)
  const steps = listCheckpoints(run.checkpoints)
  const missing = steps.flatMap((step) => {
    const names = lacking(records.get(step), subject)
    return names.length > 0 ? [{ step, names }] : []
  })
  if (missing.length === 0) return inOrder()

  const prepared = new Map<string, ReturnType<typeof measuring>>()
  const measureOf = (names: readonly MeasureName[]) => {
    const known = prepared.get(names.join()) ?? measuring(subject, names)
    prepared.set(names.join(), known)
    return known
  }
  const denoiser = await openDenoiser(run, missing[0]!.step, device)
  if (!same) beginRecords(directory, options)
  try {
    for (const { step, names } of missing) {
      if (signal?.aborted) break
      denoiser.show(step)
      const fresh = await measureCheckpoint(denoiser, subject, await measureOf(names), step)
      const record = recordOf(step, { ...records.get(step), ...fresh })
      records.set(step, record)
      writeRecords(directory, inOrder())
      onRecord?.(record, records.size, steps.length)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    await denoiser.release()
  }
  return inOrder()
}
