/** The public names of pcfg-diffusion. Everything else is internal. */

export { analyseCheckpoint, type CheckpointRecord, reference } from './analysis/checkpoint.js'
export { type Clock, type Clocks, clocks } from './analysis/clocks.js'
export { copyReference } from './analysis/copies.js'
export { wilson } from './analysis/intervals.js'
export { estimateNelbo, exactNelbo, type Nelbo } from './analysis/nelbo.js'
export { writeReport } from './analysis/report/report.js'
export { measureSamples, type SampleMetrics } from './analysis/samples.js'
export { InputError } from './common/error.js'
export { type Random, stream } from './common/random.js'
export { type Corpus, type CorpusSpec, drawCorpus, streamCorpus } from './grammar/corpus.js'
export { type CorpusFormat, type CorpusManifest, writeCorpus } from './grammar/corpus-files.js'
export { type Choices, type Derivation, derive, logProbability } from './grammar/derivation.js'
export { nodeMarginals, stringEntropy } from './grammar/marginals.js'
export { formatPcfg, parsePcfg } from './grammar/notation.js'
export { parse, UNPARSED } from './grammar/parse.js'
export type { Pcfg, PcfgRule, PcfgTree } from './grammar/pcfg.js'
export { samplePcfg, yieldOf } from './grammar/pcfg-sample.js'
export { blockLogProbabilities, logProbabilities } from './grammar/probability.js'
export { rank, unrank } from './grammar/rank.js'
export {
  countStrings,
  parseRhm,
  type Rhm,
  type RhmOptions,
  type RuleWeights,
  randomRhm,
} from './grammar/rhm.js'
export { type StringSet, stringSet, type TokenMatrix, tokenMatrix } from './grammar/strings.js'
export { compile, type RhmTables } from './grammar/tables.js'
export { readTokenFile } from './grammar/token-file.js'
export type { Denoiser } from './model/denoiser.js'
export { gradients } from './model/graph/autodiff.js'
export { encodeModel } from './model/graph/encode.js'
export { Graph, LOWERINGS, type Lowering, ShapeError, type Value } from './model/graph/graph.js'
export { type Network, network } from './model/network.js'
export { type SamplerConfig, sample } from './model/samplers/sampler.js'
export { readStudy, type Study } from './study/definition.js'
export { listCheckpoints, loadCheckpoint } from './train/checkpoint.js'
export { type RunConfig, runSchema } from './train/config.js'
export { exportHuggingFace } from './train/huggingface.js'
export { train } from './train/loop.js'
export { type NetworkDenoiser, networkDenoiser } from './train/network-denoiser.js'
export { createRun, openRun, type Run } from './train/run-directory.js'
