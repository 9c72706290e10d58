import { firstRows, row, type TokenMatrix } from '../../common/strings.js'
import type { Corpus } from '../../corpus/rhm-corpus.js'
import { stringEntropy } from '../../grammar/rhm/marginals.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import type { Nelbo } from '../../model/processes/absorbing/nelbo.js'
import { revealOrder } from '../../model/processes/absorbing/random-order.js'
import { estimateBound } from '../../model/processes/bound.js'
import { type SamplerConfig, sample } from '../../model/samplers/sampler.js'
import { type ConsistencyIndex, consistencyIndex } from '../oracles/consistency.js'
import { type CopyReference, copyReference } from './copies.js'
import { type NearestDistances, nearestDistances } from './nearest.js'
import { type OracleDistances, type OracleProbe, oracleDistances, oracleProbe } from './oracles.js'
import { measureSamples, type SampleMetrics } from './samples.js'
import { type Support, supportRates } from './support.js'

/** How a checkpoint is measured. */
export interface AnalysisConfig {
  /** Strings sampled per checkpoint. */
  readonly samples: number
  /** Held-out and training strings whose loss is measured: the first so many of each. */
  readonly strings: number
  /** Whether losses of masked denoisers sum over all masks instead of one per mask count. */
  readonly exact: boolean
  readonly sampler: SamplerConfig
  readonly seed: string
}

/** What all checkpoints of a run are measured against. */
export interface Reference {
  readonly tables: RhmTables
  readonly train: TokenMatrix
  readonly test: TokenMatrix
  readonly copies: CopyReference
  /** The two floors of the NELBO, nats per string. */
  readonly floors: Floors
  readonly consistency: ConsistencyIndex
  /** What the oracles say about masked held-out strings; null for networks that do not fill masks. */
  readonly probe: OracleProbe | null
}

export interface Floors {
  /** H: the entropy of a string. No model generalises below it. */
  readonly entropy: number
  /** ln P: a perfect memoriser's training NELBO (P counts distinct strings). */
  readonly memoriser: number
}

/** One line of analysis.jsonl. */
export interface CheckpointRecord extends SampleMetrics {
  readonly step: number
  /** On training strings. Below the entropy floor it certifies memorisation. */
  readonly train: Nelbo
  readonly test: Nelbo
  /** Null for networks that do not fill masks. */
  readonly oracles: OracleDistances | null
  /** Null unless samples were drawn one token per call in random order. */
  readonly support: Support | null
  readonly nearest: NearestDistances
  readonly floors: Floors
  /** M = P·exp(−train NELBO): a lower bound on the copy rate of random-order sampling, by Jensen. */
  readonly bound: number
  /** A few samples, for the eye. */
  readonly examples: readonly (readonly number[])[]
}

const EXAMPLES = 6

/**
 * Prepares what a run's checkpoints share.
 *
 * @param masked whether its network fills masks, as the oracles do
 */
export async function reference(
  tables: RhmTables,
  corpus: Corpus,
  config: Pick<AnalysisConfig, 'strings' | 'seed'>,
  masked = true,
): Promise<Reference> {
  const copies = copyReference(tables, corpus.train)
  return {
    tables,
    train: corpus.train,
    test: corpus.test,
    copies,
    consistency: consistencyIndex(corpus.train, tables.v),
    probe: masked ? await oracleProbe(tables, corpus.train, corpus.test, config) : null,
    floors: { entropy: stringEntropy(tables), memoriser: Math.log(copies.train.size) },
  }
}

/** Samples from a denoiser and measures samples and losses: a pure function of the denoiser and the seed. */
export async function analyseCheckpoint(
  denoiser: Denoiser,
  against: Reference,
  config: AnalysisConfig,
  step: number,
): Promise<CheckpointRecord> {
  const { tables } = against
  const seed = `${config.seed}/${step}`
  const tokens = await sample(denoiser, config.sampler, { count: config.samples, seed })
  const samples = { tokens, count: config.samples, length: tables.d }
  const inRandomOrder = !denoiser.process && config.sampler.kind === 'random-order'
  const train = await estimateBound(
    denoiser,
    firstRows(against.train, config.strings),
    config.seed,
    config.exact,
  )
  const test = await estimateBound(
    denoiser,
    firstRows(against.test, config.strings),
    config.seed,
    config.exact,
  )
  return {
    step,
    ...measureSamples(tables, samples, against.copies),
    train,
    test,
    oracles: denoiser.process || !against.probe ? null : await oracleDistances(denoiser, against.probe),
    support: inRandomOrder
      ? supportRates(
          against.consistency,
          tables.v,
          samples,
          (i) => revealOrder(seed, i, tables.d),
          firstRows(against.test, config.samples),
          config.seed,
        )
      : null,
    nearest: nearestDistances(against.train, samples, against.test),
    floors: against.floors,
    bound: against.copies.train.size * Math.exp(-train.mean),
    examples: Array.from({ length: Math.min(EXAMPLES, samples.count) }, (_, i) =>
      Array.from(row(samples, i)),
    ),
  }
}
