/** Languages with hierarchical rules, and exact inference about their strings. */

export { InputError } from '../common/error.js'
export type { NoisyStrings } from '../common/noisy-strings.js'
export { type Random, stream } from '../common/random.js'
export { type TokenMatrix, tokenMatrix } from '../common/strings.js'
export type {
  BinaryForm,
  BinaryRule,
  EmptyRule,
  LexicalRule,
  UnaryRule,
} from './inference/binary-form.js'
export type { Chain, Closure, Edge } from './inference/closure.js'
export { bestDerivation, type Completer, posteriorSampler } from './inference/derivations.js'
export { editDistances } from './inference/edit-distance.js'
export { hierarchicalLanguage, type Language, pcfgLanguage } from './inference/language.js'
export { type PcfgMoments, pcfgMoments } from './inference/moments.js'
export { noisyStrings } from './inference/noisy.js'
export { type PcfgInference, pcfgInference } from './inference/pcfg-inference.js'
export { type TokenPosterior, tokenPosterior } from './inference/posterior.js'
export * as semirings from './inference/semiring.js'
export { type SpanChart, spanChart } from './inference/span-chart.js'
export { type Tiling, tilings } from './inference/tiling.js'
export { type TreeSweep, treeSweep } from './inference/tree-sweep.js'
export { bracketed } from './pcfg/bracketed.js'
export { type LayeredGrammar, type LayeredOptions, layeredGrammar, layersOf } from './pcfg/layered.js'
export { formatPcfg, parsePcfg } from './pcfg/notation.js'
export type { Pcfg, PcfgRule, PcfgSymbol, PcfgTree } from './pcfg/pcfg.js'
export { parseRulesJson } from './pcfg/rules-json.js'
export { samplePcfg, yieldOf } from './pcfg/sample.js'
export {
  type Choices,
  choiceCount,
  type Derivation,
  derive,
  drawChoices,
  logProbability,
} from './rhm/derivation.js'
export { type Intervention, intervene } from './rhm/intervention.js'
export { nodeMarginals, stringEntropy } from './rhm/marginals.js'
export { parse, UNPARSED } from './rhm/parse.js'
export { blockLogProbabilities, logProbabilities } from './rhm/probability.js'
export { rank, unrank } from './rhm/rank.js'
export {
  countStrings,
  type HierarchyShape,
  parseRhm,
  type Rhm,
  type RhmLevel,
  type RhmOptions,
  type RuleWeights,
  randomRhm,
} from './rhm/rhm.js'
export { rhmToPcfg } from './rhm/rhm-to-pcfg.js'
export { compile, type LevelTable, type RhmTables } from './rhm/tables.js'
export { dataThresholds } from './rhm/thresholds.js'
