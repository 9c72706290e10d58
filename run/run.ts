import type { CheckpointRecord } from '../analysis/record.js'
import type { RunSummary } from '../analysis/run-summary.js'
import { parseWith } from '../common/schema.js'
import { listCheckpoints } from '../train/checkpoint.js'
import type { Device } from '../train/runtime/runtime.js'
import { type AnalyseContext, analyseRun } from './analyse.js'
import { type RunConfigInput, runSchema } from './config.js'
import { openDenoiser, type RunDenoiser } from './denoiser.js'
import { makeParts, type RunParts, readParts } from './directory.js'
import { type AnalysisOptions, analysisSchema } from './options.js'
import { readRecords, requireRecords } from './records.js'
import { summaryOf } from './summary.js'
import { type TrainOptions, type TrainOutcome, trainRun } from './train.js'

/** A run directory as an object: one network on the strings of one source, trained, measured, summed up. */
export interface Run extends RunParts {
  /** Trains from wherever the run stands to its last step. */
  train(options?: TrainOptions): Promise<TrainOutcome>
  /** Steps of the checkpoints that are kept, in order. */
  steps(): number[]
  /** The network of a checkpoint, default the last, with the weights that the run is judged by. */
  denoiser(step?: number, device?: Device): Promise<RunDenoiser>
  /** Measures every checkpoint that has not been measured like this. */
  analyse(options?: Partial<AnalysisOptions>, context?: AnalyseContext): Promise<CheckpointRecord[]>
  /** What has been measured, in order of steps. */
  records(): CheckpointRecord[]
  /** What figures and tables say about it. Throws InputError where nothing has been measured. */
  summary(): RunSummary
}

/**
 * Makes a run, or opens the one in the directory if it has the same configuration; nothing is written where something
 * does not fit.
 *
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { createRun } from 'pcfg-diffusion/run'
 *
 * const run = createRun('runs/tiny', {
 *   grammar: { v: 8, m: 2, s: 2, L: 3 },
 *   corpus: { train: 64, test: 64 },
 *   steps: 20,
 *   checkpoints: { count: 2 },
 * })
 * await run.train() // → {"kind": "finished", "step": 20}
 * run.steps() // → [0, 20]
 * ```
 */
export function createRun(directory: string, config: RunConfigInput): Run {
  return asRun(makeParts(directory, parseWith(runSchema, config, 'config')))
}

/** Opens an existing run. Throws InputError where it is missing or damaged. */
export function openRun(directory: string): Run {
  return asRun(readParts(directory))
}

function asRun(run: RunParts): Run {
  const { directory } = run
  return {
    ...run,
    train: (options) => trainRun(run, options),
    steps: () => listCheckpoints(run.checkpoints),
    denoiser: (step, device) => openDenoiser(run, step, device),
    analyse: (options = {}, context) =>
      analyseRun(run, parseWith(analysisSchema, options, 'analysis'), context),
    records: () => readRecords(directory),
    summary: () => summaryOf(run, requireRecords(run), { key: directory }),
  }
}
