import { join } from 'node:path'
import { InputError } from '../../../common/error.js'
import { runCell } from '../../../study/cell.js'
import { readStudy } from '../../../study/definition.js'
import type { CellMessage, CellOrder } from '../../../study/engines/local.js'
import type { Device } from '../../../train/runtime/runtime.js'
import { chooseDevice } from '../../device-flag.js'
import { integerFlag } from '../../grammar-input.js'
import { INTERRUPTED, interruptible } from '../../output.js'

export interface CellFlags {
  readonly directory: string
  readonly key: string | undefined
  readonly index: string | undefined
  readonly await: boolean | undefined
  readonly device: Device | undefined
}

/** `study cell`: one cell, from wherever it stands. */
export async function cell(argv: CellFlags): Promise<void> {
  const study = readStudy(join(argv.directory, 'study.yaml'))
  const key = argv.await ? await orderedKey() : argv.key
  const chosen =
    key === undefined
      ? study.cells[integerFlag('index', argv.index, 0)]
      : study.cells.find((candidate) => candidate.key === key)
  if (!chosen)
    throw new InputError(
      '--key',
      key ?? argv.index,
      `one of the study's cells: ${study.cells.map((c) => c.key).join(', ')}`,
    )
  const tell = (message: CellMessage) => process.send?.(message)
  try {
    const outcome = await runCell(
      study,
      chosen,
      argv.directory,
      await chooseDevice(argv.device, true),
      (progress) => tell({ kind: 'progress', progress }),
      interruptible(),
    )
    if (outcome === 'interrupted') process.exitCode = INTERRUPTED
  } catch (error) {
    tell({ kind: 'failed', message: (error as Error).message })
    throw error
  } finally {
    process.disconnect?.()
  }
}

/** Waits until the parent process names a cell; a parent that goes away takes this process with it. */
function orderedKey(): Promise<string> {
  return new Promise((resolve) => {
    const leave = () => process.exit(0)
    process.once('disconnect', leave)
    process.once('message', (order) => {
      process.off('disconnect', leave)
      resolve((order as CellOrder).key)
    })
  })
}
