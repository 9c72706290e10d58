import { type Subject, subjectOf } from '../analysis/measures/measure.js'
import type { MeasureName } from '../analysis/measures/table.js'
import { type CheckpointRecord, measureCheckpoint, measuring, recordOf } from '../analysis/record.js'
import { refuseUnread } from '../model/unread.js'
import { listCheckpoints } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/runtime.js'
import type { Assembly } from './assembly.js'
import { openDenoiser, type RunDenoiser } from './denoiser.js'
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

/** Measuring of a run, which may still be training. What it needs is prepared once for all checkpoints. */
export interface RunAnalysis {
  /**
   * Measures of every checkpoint that is there what has not been measured in this way yet, or only by an older version of a measure.
   * analysis.jsonl grows by one whole line per checkpoint; a different configuration starts it anew.
   *
   * @returns all records, in order of steps
   */
  catchUp(context?: Omit<AnalyseContext, 'device'>): Promise<CheckpointRecord[]>
  release(): Promise<void>
}

/** Begins to measure a run. Throws InputError where the options do not fit it. */
export function openAnalysis(run: RunParts, options: AnalysisOptions, device?: Device): RunAnalysis {
  refuseUnread(run.process, options, inAnalysis)
  if (options.exact) refuseLong(run.source.length, '--exact')
  const { directory } = run
  const same = measuredWith(directory, options)
  const records = new Map((same ? readRecords(directory) : []).map((record) => [record.step, record]))
  const inOrder = () => [...records.values()].sort((a, b) => a.step - b.step)
  const subject = subjectOfRun(run, options)
  const prepared = new Map<string, ReturnType<typeof measuring>>()
  const measureOf = (names: readonly MeasureName[]) => {
    const known = prepared.get(names.join()) ?? measuring(subject, names)
    prepared.set(names.join(), known)
    return known
  }
  let denoiser: RunDenoiser | undefined
  let begun = same

  return {
    async catchUp({ onRecord, signal } = {}) {
      const steps = listCheckpoints(run.checkpoints)
      const missing = steps.flatMap((step) => {
        const names = lacking(records.get(step), subject)
        return names.length > 0 ? [{ step, names }] : []
      })
      if (missing.length === 0) return inOrder()
      denoiser ??= await openDenoiser(run, missing[0]!.step, device)
      if (!begun) beginRecords(directory, options)
      begun = true
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
      return inOrder()
    },
    async release() {
      await denoiser?.release()
    },
  }
}

/** Measures every checkpoint of a run that has not been measured like this, and returns all records: {@link RunAnalysis.catchUp}. */
export async function analyseRun(
  run: RunParts,
  options: AnalysisOptions,
  { device, ...context }: AnalyseContext = {},
): Promise<CheckpointRecord[]> {
  const analysis = openAnalysis(run, options, device)
  try {
    return await analysis.catchUp(context)
  } finally {
    await analysis.release()
  }
}
