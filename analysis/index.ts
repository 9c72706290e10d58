/** What samples and checkpoints say: measures, oracles, clocks, laws, stopping rules, checks. Pure: no files, no drawing. */

export { clopperPearson } from '../common/intervals.js'
export type { Interval } from '../common/statistics.js'
export {
  type Clock,
  clocks,
  headline,
  label,
  meaning,
  type Reading,
  sameClock,
  strikeOf,
} from './clocks.js'
export { type ClockLaw, clockLaws } from './laws/clock-laws.js'
export {
  type ClockMean,
  type ClockRatio,
  clockMeans,
  clockRatios,
  type GrammarMean,
} from './laws/clock-means.js'
export { fitPowerLaw, type LawPoint, type PowerLaw } from './laws/power-law.js'
export type { CopyMetrics } from './measures/copies.js'
export type { LevelMetrics } from './measures/levels.js'
export type {
  AnalysisConfig,
  Column,
  Measure,
  Measuring,
  Moment,
  Need,
  Share,
  Subject,
} from './measures/measure.js'
export type { NearestDistances } from './measures/nearest.js'
export type { OracleDistances } from './measures/oracles.js'
export type { RuleUsage } from './measures/rules.js'
export type { Support } from './measures/support.js'
export { MEASURES, type Measurements, type MeasureName, type ValueOf } from './measures/table.js'
export { type Minimum, minimum } from './minimum.js'
export { bayesDenoiser } from './oracles/bayes.js'
export { memoriser, type Smoothing } from './oracles/memoriser.js'
export type { PhaseFit } from './phase.js'
export type { InfillingPoint } from './phenomena/infilling.js'
export type { Prototype } from './phenomena/prototypes.js'
export type { Phenomena, PhenomenonName } from './phenomena/results.js'
export type { SamplerPoint } from './phenomena/sampler-steps.js'
export type { UTurnPoint } from './phenomena/u-turn.js'
export {
  type CheckpointRecord,
  type DenoiserOptions,
  measureDenoiser,
  measureSamples,
} from './record.js'
export { type CompareOptions, type Comparison, compareMetrics } from './regression/compare.js'
export { type Metric, type Metrics, metricsOf } from './regression/metrics.js'
export type { RunSummary } from './run-summary.js'
export { ownVerdicts, type RuleName, type Verdict } from './stopping/rules.js'
export type { HalfPoint } from './stopping/split-half.js'
export { firstPassage, type Strike } from './strike.js'
