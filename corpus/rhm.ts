import { editDistances } from '../grammar/inference/edit-distance.js'
import { noisyStrings } from '../grammar/inference/noisy.js'
import { tokenPosterior } from '../grammar/inference/posterior.js'
import { conditionalChance, uniformChance } from '../grammar/rhm/chance.js'
import { stringEntropy } from '../grammar/rhm/marginals.js'
import { parse } from '../grammar/rhm/parse.js'
import { blockLogProbabilities, logProbabilities } from '../grammar/rhm/probability.js'
import { countStrings, nodesAt } from '../grammar/rhm/rhm.js'
import { ruleCounts, ruleShares } from '../grammar/rhm/rule-shares.js'
import type { RhmTables } from '../grammar/rhm/tables.js'
import { dataThresholds } from '../grammar/rhm/thresholds.js'
import { streamRhm } from './rhm-stream.js'
import type { Source } from './source.js'
import type { Truth } from './truth.js'

/** Strings of a Random Hierarchy Model, of which everything is known. */
export interface RhmSource extends Source {
  readonly tables: RhmTables
  readonly truth: Required<Truth>
}

/**
 * A Random Hierarchy Model as a {@link Source}.
 *
 * @example
 * ```ts
 * import { rhmSource } from 'pcfg-diffusion/corpus'
 * import { compile, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' })))
 * source.description // → Random Hierarchy Model (v=8, m=2, s=2, L=3, n=8): 1024 strings of 8 tokens
 * source.truth.entropy // → 6.931
 * ```
 */
export function rhmSource(tables: RhmTables): RhmSource {
  const { v, m, s, L, n, d } = tables
  const strings = countStrings(tables.grammar)
  return {
    tables,
    description: `Random Hierarchy Model (v=${v}, m=${m}, s=${s}, L=${L}, n=${n}): ${strings} strings of ${d} tokens`,
    length: d,
    vocabulary: v,
    strings,
    text: String,
    stream: (spec) => streamRhm(tables, spec),
    truth: {
      entropy: stringEntropy(tables),
      logProbabilities: (strings) => logProbabilities(tables, strings),
      levels: {
        depth: L,
        branching: s,
        nodes: (level) => nodesAt(tables, level),
        parse: (tokens) => parse(tables, tokens),
        conditionalChance: conditionalChance(tables),
        uniformChance: uniformChance(tables),
        ruleShares: (level) => ruleShares(tables, level),
        ruleCounts: (level, parsed) => ruleCounts(tables, level, parsed),
        thresholds: dataThresholds(tables),
      },
      posterior: (depth) => tokenPosterior(tables, depth),
      noisy: () => noisyStrings(tables),
      blocks: (strings) => blockLogProbabilities(tables, strings),
      edits: (strings) => editDistances(tables, strings),
    },
    file: tables.grammar,
    columns: { v, m, s, L },
  }
}
