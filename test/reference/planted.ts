import type { LawPoint } from '../../analysis/laws/power-law.js'
import type { CheckpointRecord } from '../../analysis/record.js'
import type { Metrics } from '../../analysis/regression/metrics.js'
import type { Random } from '../../common/random.js'
import { record } from '../analysis/records.js'

/** Strings of two moods with three levels of 4, 2 and 1 blocks: in bad strings blocks fall together, from the leaves up. */
export interface PlantedModel {
  /** Share of good strings. */
  readonly good: number
  /** Share of copies. */
  readonly copies: number
  /** Mean NELBO, nats. */
  readonly nelbo: number
}

const LEVELS = [1, 2, 3]

/** What a check would record of so many strings of a model. The losses of string i are the same in all models but for noise. */
export function plantedMetrics(model: PlantedModel, strings: number, random: Random): Metrics {
  const tallies = LEVELS.map((level) => new Array<number>(2 ** (3 - level) + 1).fill(0))
  const copies = [0, 0]
  for (let i = 0; i < strings; i++) {
    const mood = random() < model.good ? 1 : 0.5
    let valid = [0, 1, 2, 3].map(() => random() < mood)
    for (const tally of tallies) {
      tally[valid.filter(Boolean).length]!++
      valid = Array.from({ length: valid.length / 2 }, (_, node) => {
        const whole = valid[2 * node]! && valid[2 * node + 1]!
        return whole && random() < (1 + mood) / 2
      })
    }
    copies[random() < model.copies ? 1 : 0]!++
  }
  const losses = Array.from({ length: 512 }, (_, i) => {
    const string = 5 * Math.sin(i * 12.9898)
    return model.nelbo + string + 1.5 * (random() + random() - 1)
  })
  return {
    'test NELBO': { kind: 'mean', values: losses },
    copies: { kind: 'share', tally: copies },
    ...Object.fromEntries(
      LEVELS.map((level, i) => [`validity ${level}`, { kind: 'share' as const, tally: tallies[i]! }]),
    ),
  }
}

/** A standard normal number (Marsaglia's polar method). */
export function normal(random: Random): number {
  for (;;) {
    const [x, y] = [2 * random() - 1, 2 * random() - 1]
    const square = x * x + y * y
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square)
  }
}

/** A run whose test loss is lowest at tau, and whose train loss passes its floor of 10 nats there. */
export interface PlantedRun {
  readonly steps: readonly number[]
  readonly tau: number
  /** Nats by which training scatters from checkpoint to checkpoint. */
  readonly noise: number
  /** Measured strings, default 200; each scatters by 1.5 nats, and by .3 from checkpoint to checkpoint. */
  readonly strings?: number
}

/** Its records, losses only. */
export function plantedLosses(
  { steps, tau, noise, strings = 200 }: PlantedRun,
  random: Random,
): CheckpointRecord[] {
  const own = Array.from({ length: strings }, () => 1.5 * normal(random))
  const level = own.reduce((sum, x) => sum + x, 0) / strings
  const bound = (mean: number) => {
    const shift = mean + noise * normal(random)
    const perString = own.map((x) => shift + x - level + 0.3 * normal(random))
    const average = perString.reduce((sum, x) => sum + x, 0) / strings
    const squares = perString.reduce((sum, x) => sum + (x - average) ** 2, 0)
    const standardError = Math.sqrt(squares / (strings * (strings - 1)))
    return { mean: average, standardError, perString, crossEntropy: [average / 2, average / 2] }
  }
  return steps.map((step) => {
    const time = Math.log(Math.max(step, 1) / tau)
    const train = bound(10 - Math.max(-8, Math.min(8, 2 * time)))
    const floors = { entropy: 10, train: 10, memoriser: 1 }
    const jensenBound = 0.25 * Math.exp(10 - train.mean)
    return record(step, {
      losses: { train, test: bound(11 + time ** 2), over: 'mask counts', floors, jensenBound },
    })
  })
}

/** Runs on P = 100 … 1,600 strings of some grammars, each with an exponent of its own about a planted one. */
export interface PlantedLaw {
  readonly exponent: number
  readonly grammars: number
  /** Standard deviation of the exponent between grammars. */
  readonly spread: number
  /** How long every run is watched, default for ever. */
  readonly watched?: number
}

/** y = 10·x^exponent, scattered by 30 % between grammars and by 25 % between runs. */
export function plantedLaw(
  { exponent, grammars, spread, watched = Number.POSITIVE_INFINITY }: PlantedLaw,
  random: Random,
): LawPoint[] {
  return Array.from({ length: grammars }, (_, g) => {
    const tilt = spread * normal(random)
    const shift = 0.3 * normal(random)
    return [100, 200, 400, 800, 1600].map((x): LawPoint => {
      const y = 10 * x ** exponent * Math.exp(tilt * Math.log(x / 400) + shift + 0.25 * normal(random))
      return { x, y: Math.min(y, watched), censored: y > watched, grammar: String(g) }
    })
  }).flat()
}
