import type { Device } from '../train/runtime/runtime.js'
import type { Study } from './definition.js'
import type { CellCost } from './experiment.js'

export interface StudyPlan {
  readonly cells: readonly (CellCost & { readonly key: string })[]
  readonly flops: number
  /** Largest cell first, one per worker at a time; null where nothing was measured. */
  readonly wallSeconds: number | null
}

/** What a study will take, before anything runs; with a device, from a fraction of a second per kind of cell. */
export async function planStudy(study: Study, workers: number, device?: Device): Promise<StudyPlan> {
  const { experiment, options } = study
  const configs = study.cells.map(({ config }) => config)
  const costs = await experiment.plan(configs, options, device)
  const seconds = costs.flatMap((cost) => cost.seconds ?? [])
  return {
    cells: costs.map((cost, i) => ({ key: study.cells[i]!.key, ...cost })),
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
    wallSeconds: seconds.length === costs.length ? makespan(seconds, workers) : null,
  }
}

/** Time until the last of some jobs ends, when the longest are begun first. */
function makespan(seconds: readonly number[], workers: number): number {
  const busy = new Array<number>(workers).fill(0)
  for (const job of [...seconds].sort((a, b) => b - a)) busy[busy.indexOf(Math.min(...busy))]! += job
  return Math.max(...busy)
}
