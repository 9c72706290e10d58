import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { analyseCheckpoint, type CheckpointRecord, reference } from '../analysis/measures/checkpoint.js'
import { jsonText, readJson, readJsonLines, writeJson, writeJsonLines } from '../common/files.js'
import type { analysisSchema } from '../study/definition.js'
import { evaluationParameters, listCheckpoints, loadCheckpoint } from '../train/checkpoint.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import type { Device } from '../train/runtime/node.js'
import { processOf } from './config.js'
import { checkpointDirectory, type Run } from './directory.js'

export type AnalysisOptions = z.output<typeof analysisSchema>

/**
 * Measures every checkpoint of a run that has not been measured in this way yet. analysis.jsonl grows by one whole
 * line per checkpoint; a different configuration starts it anew.
 */
export async function analyseRun(
  run: Run,
  options: AnalysisOptions,
  device: Device,
  onRecord?: (record: CheckpointRecord, done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<CheckpointRecord[]> {
  const optionsPath = join(run.directory, 'analysis.json')
  const same = existsSync(optionsPath) && jsonText(readJson(optionsPath, 'analysis')) === jsonText(options)
  const records = same ? readAnalysis(run.directory) : []
  const known = new Set(records.map((record) => record.step))
  const steps = listCheckpoints(checkpointDirectory(run))
  const missing = steps.filter((step) => !known.has(step))
  if (missing.length === 0) return records

  // Old records go before the new options come, so that no kill can leave one measured in another's name.
  if (!same) {
    writeJsonLines(join(run.directory, 'analysis.jsonl'), [])
    writeJson(optionsPath, options)
  }
  const process = processOf(run.config)
  const against = await reference(run.tables, run.corpus, options, process.kind === 'absorbing')
  const load = (step: number) =>
    evaluationParameters(loadCheckpoint(checkpointDirectory(run), run.layout, step))
  const denoiser = await networkDenoiser(run.network, load(missing[0]!), device, process)
  try {
    for (const step of missing) {
      if (signal?.aborted) break
      denoiser.load(load(step))
      const record = await analyseCheckpoint(denoiser, against, options, step)
      records.push(record)
      records.sort((a, b) => a.step - b.step)
      writeJsonLines(join(run.directory, 'analysis.jsonl'), records)
      onRecord?.(record, records.length, steps.length)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    await denoiser.release()
  }
  return records
}

/** The records of a run, in order of steps. */
export function readAnalysis(directory: string): CheckpointRecord[] {
  return (readJsonLines(join(directory, 'analysis.jsonl')) as CheckpointRecord[]).sort(
    (a, b) => a.step - b.step,
  )
}
