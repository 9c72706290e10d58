import { meanAndError } from '../../../common/statistics.js'
import { firstRows, type TokenMatrix } from '../../../common/strings.js'
import type { Denoiser, NoiseTruth, Process } from '../../denoiser.js'
import { uniformBound } from './bound.js'
import type { UniformSchedule } from './chain.js'
import { bestAtAnyTime, bestInTime } from './optimum.js'

/** Strings on which the best predictions at any time are found; they take about a hundred times as long as those in time. */
const UNTOLD_STRINGS = 64

/**
 * The mean bound of the best denoiser of noisy strings, told the time or not as the process's networks are. What not being told costs
 * is measured on the first 64 strings, against the best that is told, with the same noise: the difference scatters far less than
 * either bound.
 */
export async function uniformFloor(
  process: Process,
  schedule: UniformSchedule,
  truth: NoiseTruth,
  strings: TokenMatrix,
  seed: string,
): Promise<number | undefined> {
  const noisy = truth.noisy?.()
  if (!noisy) return undefined
  const { length } = strings
  const knowing = (predict: (strings: Int32Array, times: Int32Array) => Float64Array): Denoiser => ({
    length,
    vocabulary: noisy.vocabulary,
    process,
    preferredBatch: 1024,
    logProbabilities: async (noised, times) => predict(noised, times!).map(Math.log),
  })
  const told = await uniformBound(knowing(bestInTime(schedule, noisy)), schedule, strings, seed)
  if (process.times !== undefined) return told.mean
  const few = firstRows(strings, UNTOLD_STRINGS)
  const untold = await uniformBound(knowing(bestAtAnyTime(schedule, noisy, length)), schedule, few, seed)
  const cost = Float64Array.from(untold.perString, (bound, i) => bound - told.perString[i]!)
  return told.mean + meanAndError(cost).mean
}
