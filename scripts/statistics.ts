/**
 * Measures on planted data how often checks alarm, how often intervals cover and how often rules fire, and writes
 * docs/results/statistics.json: `npm run statistics`, some minutes on one core. Everything is a function of fixed seeds.
 */

import { join, resolve } from 'node:path'
import { fitPowerLaw } from '../analysis/laws/power-law.js'
import { minimum } from '../analysis/minimum.js'
import { compareMetrics } from '../analysis/regression/compare.js'
import {
  jensenBound,
  pilotRule,
  testMinimum,
  trainBelowFloor,
  type Verdict,
} from '../analysis/stopping/rules.js'
import { writeJson } from '../common/files.js'
import { clusteredInterval, studentMean } from '../common/intervals.js'
import { type Random, stream } from '../common/random.js'
import { normal, plantedLaw, plantedLosses, plantedMetrics } from '../test/reference/planted.js'

type Row = Readonly<Record<string, number | string | null>>

/** Shares of trials, to a tenth of a per cent. */
const share = (count: number, trials: number) => Math.round((1000 * count) / trials) / 1000

/** What comes of a trial, over so many of them with a stream of their own. */
function tried<T>(trials: number, name: string, trial: (random: Random) => T): T[] {
  return Array.from({ length: trials }, (_, i) => trial(stream(name, 'statistics', i)))
}

/** Checks of an unchanged model: five metrics, of which three are validities of one string's blocks. */
function falseAlarms(): Row[] {
  const trials = 1000
  return [0.3, 0.6, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995].flatMap((good) =>
    [300, 500, 1000].map((strings) => {
      const model = { good, copies: Math.min(0.05, 1 - good), nelbo: 14 }
      const alarms = tried(trials, `alarms/${good}/${strings}`, (random) => {
        const [before, now] = [0, 1].map(() => plantedMetrics(model, strings, random))
        const adjusted = compareMetrics(before!, now!, { paired: true }).map((one) => one.adjusted)
        return Math.min(...adjusted)
      })
      const below = (rate: number) => share(alarms.filter((p) => p < rate).length, trials)
      return { 'good strings': good, strings, 'alarms at .05': below(0.05), 'alarms at .01': below(0.01) }
    }),
  )
}

/** Checks of a model that has changed in one thing, at a false-alarm rate of .01. */
function power(): Row[] {
  const trials = 500
  const model = { good: 0.9, copies: 0.02, nelbo: 14 }
  const cases = [
    { change: 'validity 1: −5 points', metric: 'validity 1', now: { ...model, good: 0.8 }, paired: true },
    { change: 'validity 2: −5 points', metric: 'validity 2', now: { ...model, good: 0.838 }, paired: true },
    { change: 'NELBO: +.3 nats, paired', metric: 'test NELBO', now: { ...model, nelbo: 14.3 }, paired: true },
    {
      change: 'NELBO: +.3 nats, unpaired',
      metric: 'test NELBO',
      now: { ...model, nelbo: 14.3 },
      paired: false,
    },
  ]
  return cases.flatMap(({ change, metric, now, paired }) =>
    [300, 500, 1000].map((strings) => {
      const seen = tried(trials, `power/${change}/${strings}`, (random) => {
        const [before, after] = [model, now].map((one) => plantedMetrics(one, strings, random))
        return compareMetrics(before!, after!, { paired }).find(({ name }) => name === metric)!.moved
      })
      return { change, strings, seen: share(seen.filter(Boolean).length, trials) }
    }),
  )
}

/** Intervals of node validity, eight nodes to a string, of which bad strings lose one, half or all together. */
function shares(): Row[] {
  const trials = 1000
  return [0.3, 0.9, 0.99, 0.999, 0.9995].map((rate) => {
    const covered = (together: number) =>
      tried(trials, `shares/${rate}/${together}`, (random) => {
        const parts = new Int32Array(500).fill(8)
        const hits = parts.map((n) => {
          for (let i = 0; i < 8; i += together) if (random() >= rate) n -= together
          return n
        })
        const [low, high] = clusteredInterval(hits, parts)
        return low <= rate && rate <= high
      }).filter(Boolean).length
    return {
      validity: rate,
      'nodes fail alone': share(covered(1), trials),
      'in fours': share(covered(4), trials),
      'as a string': share(covered(8), trials),
    }
  })
}

/** Intervals of an exponent, five sizes per grammar; of a ratio of clocks, one run per grammar. */
function laws(): Row[] {
  const trials = 1000
  return [0, 0.15, 0.3].flatMap((spread) =>
    [3, 4, 5, 8].map((grammars) => {
      const covered = (watched: number) => {
        const told = tried(trials, `laws/${spread}/${grammars}/${watched}`, (random) => {
          const points = plantedLaw({ exponent: 1.2, grammars, spread, watched }, random)
          return fitPowerLaw(points)?.interval ?? null
        }).flatMap((interval) => (interval ? [interval[0] <= 1.2 && 1.2 <= interval[1]] : []))
        return { share: share(told.filter(Boolean).length, told.length), told: share(told.length, trials) }
      }
      const ratios = tried(trials, `ratios/${spread}/${grammars}`, (random) => {
        const logs = Array.from({ length: grammars }, () => spread * normal(random) + 0.1 * normal(random))
        const [low, high] = studentMean(logs).interval!
        return low <= 0 && 0 <= high
      })
      const [all, some, few] = [Number.POSITIVE_INFINITY, 20_000, 12_000].map(covered)
      return {
        'spread between grammars': spread,
        grammars,
        'all struck': all!.share,
        'a third censored': some!.share,
        'half censored': few!.share,
        'of those, told': few!.told,
        ratio: share(ratios.filter(Boolean).length, trials),
      }
    }),
  )
}

/** Intervals of an exponent from fewer sizes, of which the largest is watched so long that so many runs strike there. */
function fewSizes(): Row[] {
  const trials = 1000
  return [3, 4].flatMap((sizes) =>
    [0, 0.3].flatMap((spread) =>
      [3, 5].map((grammars) => {
        const largest = 100 * 2 ** (sizes - 1)
        const covered = (watched: number) => {
          const told = tried(trials, `sizes/${sizes}/${spread}/${grammars}/${watched}`, (random) => {
            const points = plantedLaw({ exponent: 1.2, grammars, spread, watched }, random)
            return fitPowerLaw(points.filter(({ x }) => x <= largest))?.interval ?? null
          }).flatMap((interval) => (interval ? [interval[0] <= 1.2 && 1.2 <= interval[1]] : []))
          return { share: share(told.filter(Boolean).length, told.length), told: share(told.length, trials) }
        }
        const [all, some, half] = [Number.POSITIVE_INFINITY, 1.5, 1].map((late) =>
          covered(late * 10 * largest ** 1.2),
        )
        return {
          sizes,
          'spread between grammars': spread,
          grammars,
          'all struck': all!.share,
          'most struck at the largest': some!.share,
          'told of those': some!.told,
          'half struck at the largest': half!.share,
          'told of these': half!.told,
        }
      }),
    ),
  )
}

const STEPS = [0, ...Array.from({ length: 24 }, (_, i) => Math.round(20 * 1600 ** (i / 23)))]

/** Curves that come down to a plateau: how often a minimum is claimed at the end, and at any of 24 looks. */
function plateaus(): Row[] {
  const trials = 1000
  return [0.02, 0.1, 0.3, 1].map((noise) => {
    const struck = tried(trials, `plateau/${noise}`, (random) => {
      const curve = STEPS.slice(1).map((step) => ({
        step,
        value: 14 + 8 / (1 + (step / 400) ** 3) + noise * normal(random),
      }))
      const looks = curve.map((_, i) => minimum(curve.slice(0, i + 1))!.at.kind === 'reached')
      return { last: looks.at(-1)!, any: looks.some(Boolean) }
    })
    const of = (key: 'last' | 'any') => share(struck.filter((one) => one[key]).length, trials)
    return { 'noise, nats': noise, 'struck at the end': of('last'), 'struck at any look': of('any') }
  })
}

/** Rules on runs whose clocks are all at one planted time. */
function rules(): Row[] {
  const trials = 500
  return [0.02, 0.1, 0.3].flatMap((noise) => {
    const said = tried(trials, `rules/${noise}`, (random) => {
      const tau = 300 * 8 ** random()
      const records = plantedLosses({ steps: STEPS, tau, noise }, random)
      const pilot = plantedLosses({ steps: STEPS, tau: tau / 4, noise }, random)
      const verdicts = [
        testMinimum(records),
        trainBelowFloor(records),
        jensenBound(records),
        pilotRule(records, 400, { P: 100, records: pilot }),
      ]
      return verdicts.map((verdict) => ({ tau, ...verdict }))
    })
    return said[0]!.map(({ rule }, i) => {
      const own = said.map((verdicts) => verdicts[i]!)
      const fired = own.filter(({ at }) => at.kind === 'reached')
      const widths = fired.map(({ interval }) => Math.log(interval![1] / interval![0])).sort((a, b) => a - b)
      return {
        rule,
        'noise, nats': noise,
        fired: share(fired.length, trials),
        covers: share(fired.filter(holds).length, fired.length),
        'interval, a factor of': Math.round(10 * Math.exp(widths[Math.floor(widths.length / 2)]!)) / 10,
      }
    })
  })
}

function holds({ tau, interval }: Verdict & { readonly tau: number }): boolean {
  return interval![0] <= tau && tau <= interval![1]
}

const tables = { falseAlarms, power, shares, laws, fewSizes, plateaus, rules }

if (import.meta.filename === process.argv[1]) {
  const measured: Record<string, Row[]> = {}
  for (const [name, measure] of Object.entries(tables)) {
    measured[name] = measure()
    console.info(name)
    console.table(measured[name])
  }
  writeJson(join(resolve(import.meta.dirname, '..'), 'docs/results/statistics.json'), measured)
}
