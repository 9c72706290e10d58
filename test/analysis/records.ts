import type { LevelMetrics } from '../../analysis/measures/levels.js'
import { MEASURE_NAMES, type Measurements, TABLE } from '../../analysis/measures/table.js'
import type { CheckpointRecord } from '../../analysis/record.js'

/** A record of some measures, as this version of each would have written it. */
export function record(step: number, values: Measurements): CheckpointRecord {
  const named = MEASURE_NAMES.filter((name) => values[name] !== undefined)
  return { step, versions: Object.fromEntries(named.map((name) => [name, TABLE[name].version])), ...values }
}

/** Losses of strings of two tokens; what is left out is far from every threshold. */
export function losses({
  train = 100,
  test = 100,
  entropy,
  jensenBound = 0,
  standardError = 0.05,
}: {
  readonly train?: number
  readonly test?: number
  readonly entropy?: number
  readonly jensenBound?: number
  readonly standardError?: number
}): NonNullable<Measurements['losses']> {
  const nelbo = (mean: number) => ({
    mean,
    standardError,
    perString: [mean - standardError, mean + standardError],
    crossEntropy: [mean / 2, mean / 2],
  })
  const floors = entropy === undefined ? { memoriser: 1 } : { entropy, train: entropy, memoriser: 1 }
  return { train: nelbo(train), test: nelbo(test), over: 'mask counts', floors, jensenBound }
}

/** A level of which only what clocks read is told apart. */
export function level(
  index: number,
  values: Pick<LevelMetrics, 'nodeValidity' | 'acquisition' | 'acquisitionTrials'>,
): LevelMetrics {
  const interval: [number, number] = [0, 1]
  return {
    level: index,
    nodeInterval: interval,
    nodeTally: [0, 100],
    stringValidity: 0,
    stringInterval: interval,
    conditionalValidity: 0,
    conditionalInterval: interval,
    conditionalTrials: 100,
    chance: 0.1,
    uniformChance: 0.1,
    acquisitionInterval: interval,
    blockCopies: null,
    blockCopiesInterval: null,
    blockCopiesExpected: null,
    ...values,
  }
}

/** Copies among 100 samples of which none is a copy by chance. */
export function copies(memorised: number): NonNullable<Measurements['copies']> {
  const interval: [number, number] = [memorised, memorised]
  return { rate: memorised, interval, samples: 100, expected: 0, memorised, memorisedInterval: interval }
}
