import { type Interval, wilson } from '../../common/statistics.js'
import { stringSet, type TokenMatrix } from '../../common/strings.js'
import { editDistances } from '../../grammar/inference/edit-distance.js'
import { parse } from '../../grammar/rhm/parse.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'
import { blockCopyRates, type CopyMetrics, type CopyReference, copyMetrics, findCopies } from './copies.js'
import { type RuleUsage, ruleUsage } from './rule-usage.js'
import { acquisitionInterval, acquisitionScore, type LevelValidity, validity } from './validity.js'

/** One level of a batch of samples. */
export interface LevelMetrics extends LevelValidity {
  /** q_ℓ, over the samples that are no copies (copies are valid by construction). Null where it is not defined. */
  readonly acquisition: number | null
  readonly acquisitionInterval: Interval | null
  /** Blocks that the acquisition score was counted over. */
  readonly acquisitionTrials: number
  /** Share of valid blocks that stand at their position in training; what a perfect generaliser would show. */
  readonly blockCopies: number | null
  readonly blockCopiesInterval: Interval | null
  readonly blockCopiesExpected: number | null
}

/** Everything that samples alone say, against a grammar and (where given) its training strings. */
export interface SampleMetrics {
  readonly levels: readonly LevelMetrics[]
  readonly copies: CopyMetrics | null
  /** Share of samples that parse up to the root and are no training string. */
  readonly novelValid: number
  readonly novelValidInterval: Interval
  readonly ruleUsage: readonly RuleUsage[]
  /** Mean tokens to change before every level-ℓ block parses, ℓ = 1..L; the last is the distance to the language. */
  readonly edits: readonly number[]
  /** Distinct strings among the samples, as a share. */
  readonly distinct: number
  readonly samples: number
}

/** Measures samples by parsing them; no model is involved, so they may come from anywhere. */
export function measureSamples(
  tables: RhmTables,
  samples: TokenMatrix,
  reference?: CopyReference,
): SampleMetrics {
  const parsed = parse(tables, samples.tokens)
  const isCopy = reference ? findCopies(reference, samples) : new Uint8Array(samples.count)
  const isValid = (i: number) => parsed[tables.L]![i]! >= 0
  const all = validity(tables, parsed)
  const novel = validity(tables, parsed, (i) => !isCopy[i])
  const blocks = reference ? blockCopyRates(tables, reference, samples, parsed) : undefined
  let [valid, novelValid] = [0, 0]
  for (let i = 0; i < samples.count; i++) {
    if (!isValid(i)) continue
    valid++
    if (!isCopy[i]) novelValid++
  }
  return {
    levels: all.map((level, i) => ({
      ...level,
      acquisition: acquisitionScore(novel[i]!),
      acquisitionInterval: acquisitionInterval(novel[i]!),
      acquisitionTrials: novel[i]!.conditionalTrials,
      blockCopies: blocks?.[i]?.rate ?? null,
      blockCopiesInterval: blocks?.[i]?.interval ?? null,
      blockCopiesExpected: reference?.expectedBlocks[level.level] ?? null,
    })),
    copies: reference ? copyMetrics(reference, isCopy, valid) : null,
    novelValid: novelValid / samples.count,
    novelValidInterval: wilson(novelValid, samples.count),
    ruleUsage: ruleUsage(tables, parsed),
    edits: editDistances(tables, samples)
      .slice(1)
      .map((distances) => distances.reduce((sum, n) => sum + n, 0) / samples.count),
    distinct: stringSet(samples).size / samples.count,
    samples: samples.count,
  }
}
