/** What samples and checkpoints say: measures, oracles, clocks, laws, stopping rules, checks. Pure: no files, no drawing. */

export { type Interval, wilson } from '../common/statistics.js'
export {
  type Clock,
  clocks,
  firstPassage,
  headline,
  label,
  meaning,
  type Reading,
  type Strike,
  sameClock,
  strikeOf,
} from './clocks.js'
export { type ClockLaw, clockLaws } from './laws/clock-laws.js'
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
export { type Comparison, compareMetrics } from './regression/compare.js'
export { type Metric, type Metrics, metricsOf } from './regression/metrics.js'
export type { RunSummary } from './run-summary.js'
export type { HalfPoint } from './stopping/rules.js'
export { ownVerdicts, type RuleName, type Verdict } from './stopping/rules.js'
