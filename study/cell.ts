import { join } from 'node:path'
import type { Device } from '../train/runtime/runtime.js'
import { beginAttempt } from './attempts.js'
import type { Study, StudyCell } from './definition.js'
import type { CellProgress, CellStand } from './experiment.js'

export function cellDirectory(studyDirectory: string, cell: StudyCell): string {
  return join(studyDirectory, 'cells', cell.key)
}

/** Runs a cell from wherever it stands, and records how that ended. Returns whether it was interrupted. */
export async function runCell(
  { experiment, options }: Study,
  cell: StudyCell,
  studyDirectory: string,
  device: Device,
  onProgress: (progress: CellProgress) => void,
  signal?: AbortSignal,
): Promise<'finished' | 'interrupted'> {
  const directory = cellDirectory(studyDirectory, cell)
  const end = beginAttempt(directory)
  try {
    const outcome = await experiment.run(directory, cell.config, { options, device, onProgress, signal })
    end({ outcome })
    return outcome
  } catch (error) {
    end({ outcome: 'failed', message: (error as Error).message })
    throw error
  }
}

/** Where a cell stands, judged by what is on disk. */
export function cellStand(
  { experiment, options }: Study,
  cell: StudyCell,
  studyDirectory: string,
): CellStand {
  return experiment.stand(cellDirectory(studyDirectory, cell), cell.config, options)
}
