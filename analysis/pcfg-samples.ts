import { COUNTING } from '../grammar/inference/semiring.js'
import { spanChart } from '../grammar/inference/span-chart.js'
import { tilings } from '../grammar/inference/tiling.js'
import type { LayeredGrammar } from '../grammar/pcfg/layered.js'
import { type Share, shareOf } from './measures/measure.js'

/** One level of samples of a layered grammar, whatever their lengths and trees. */
export interface TilingMetrics {
  /** 1..L, leaves first; L + 1 is the whole language. */
  readonly level: number
  /** Share of strings that split into consecutive spans which each derive from a symbol of the level. */
  readonly valid: number
  readonly interval: Share['interval']
  /** Mean share of tokens that disjoint such spans cover. */
  readonly covered: number
}

/** What samples say against a general grammar and (where given) training strings. */
export interface PcfgSampleMetrics {
  readonly samples: number
  readonly distinct: number
  /** Per level of a layered grammar, the language last; the language alone where the grammar has no layers. */
  readonly levels: readonly TilingMetrics[]
  /** Share of the strings in the language that have more than one parse; null where none is in it. */
  readonly ambiguous: number | null
  /** Share of samples equal to a training string; null without training strings. */
  readonly copies: Share | null
}

/** Measures samples of terminal ids by charts over their spans. Throws RangeError without samples. */
export function measurePcfgSamples(
  layered: LayeredGrammar,
  samples: readonly ArrayLike<number>[],
  train?: readonly ArrayLike<number>[],
): PcfgSampleMetrics {
  if (samples.length === 0) throw new RangeError('measurePcfgSamples: no samples')
  const count = samples.length
  const key = (tokens: ArrayLike<number>) => Array.from(tokens).join()
  const keys = samples.map(key)
  const tile = tilings(layered)
  const results = samples.map(tile)
  const levels = results[0]!.map((_, i): TilingMetrics => {
    const valid = results.filter((result) => result[i]!.valid).length
    const covered = results.reduce((sum, result) => sum + result[i]!.covered, 0) / count
    const { rate, interval } = shareOf(valid, count)
    return { level: i + 1, valid: rate, interval, covered }
  })
  const counts = spanChart(layered.grammar, COUNTING)
  const inLanguage = samples.filter((_, i) => results[i]!.at(-1)!.valid)
  const several = inLanguage.filter((tokens) => counts.up(tokens) !== 1n).length
  const copied = (known: ReadonlySet<string>) => keys.filter((one) => known.has(one)).length
  return {
    samples: count,
    distinct: new Set(keys).size / count,
    levels,
    ambiguous: inLanguage.length === 0 ? null : several / inLanguage.length,
    copies: train ? shareOf(copied(new Set(train.map(key))), count) : null,
  }
}
