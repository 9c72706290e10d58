import { join } from 'node:path'
import { analyseRun, readAnalysis } from '../run/analyse.js'
import { createRun, type Run } from '../run/directory.js'
import { isMeasured, measurePhenomena } from '../run/phenomena.js'
import { train } from '../run/train.js'
import type { Device } from '../train/runtime/node.js'
import { beginAttempt } from './attempts.js'
import type { Cell, Study } from './definition.js'

/** What a running cell tells the study. Fractions are of the cell's whole work. */
export interface CellProgress {
  readonly phase: 'train' | 'analyse'
  readonly step: number
  readonly steps: number
  readonly loss?: number
}

export function cellDirectory(studyDirectory: string, cell: Cell): string {
  return join(studyDirectory, 'cells', cell.key)
}

/** Trains a cell from wherever it stands, then measures its checkpoints. Returns whether it was interrupted. */
export async function runCell(
  study: Study,
  cell: Cell,
  studyDirectory: string,
  device: Device,
  onProgress: (progress: CellProgress) => void,
  signal?: AbortSignal,
): Promise<'finished' | 'interrupted'> {
  const run = createRun(cellDirectory(studyDirectory, cell), cell.config)
  const end = beginAttempt(cellDirectory(studyDirectory, cell))
  try {
    const outcome = await trainAndMeasure(study, run, device, onProgress, signal)
    end({ outcome })
    return outcome
  } catch (error) {
    end({ outcome: 'failed', message: (error as Error).message })
    throw error
  }
}

async function trainAndMeasure(
  study: Study,
  run: Run,
  device: Device,
  onProgress: (progress: CellProgress) => void,
  signal: AbortSignal | undefined,
): Promise<'finished' | 'interrupted'> {
  const { steps } = run.config
  const outcome = await train(run, {
    device,
    onProgress: ({ step, loss }) => onProgress({ phase: 'train', step, steps, loss }),
    ...(signal ? { signal } : {}),
  })
  if (outcome.kind === 'interrupted') return 'interrupted'
  await analyseRun(
    run,
    study.analysis,
    device,
    (_, done, total) => onProgress({ phase: 'analyse', step: done, steps: total }),
    signal,
  )
  if (signal?.aborted) return 'interrupted'
  return (await measurePhenomena(run, study.phenomena, device, signal)) ? 'finished' : 'interrupted'
}

/** Whether nothing is left to do in a cell, judged by what is on disk. */
export function isCellDone(study: Study, cell: Cell, studyDirectory: string): boolean {
  const directory = cellDirectory(studyDirectory, cell)
  const last = readAnalysis(directory).at(-1)
  if (last?.step !== cell.config.steps || last.samples !== study.analysis.samples) return false
  return study.phenomena.kinds.every((name) => isMeasured(directory, name, study.phenomena))
}
