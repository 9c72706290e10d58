import { z } from 'zod'
import { clopperPearson } from '../../common/intervals.js'
import { type StringSet, stringSet, type TokenMatrix } from '../../common/strings.js'
import type { Source } from '../../corpus/source.js'
import type { Truth } from '../../corpus/truth.js'
import type { Denoiser, Process } from '../../model/denoiser.js'
import type { SamplerConfig } from '../../model/samplers/config.js'

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

/** What all moments of a run, or samples from anywhere, are measured against. */
export interface Subject {
  readonly source: Source
  readonly train?: TokenMatrix | undefined
  readonly test?: TokenMatrix | undefined
  /** The distinct training strings. */
  readonly known?: StringSet
  /** What the denoiser undoes, where there is one. */
  readonly process?: Process
  readonly config: AnalysisConfig
}

/** One checkpoint, or one set of samples. */
export interface Moment {
  readonly samples: TokenMatrix
  /** 1 where a sample is a training string. */
  readonly isCopy: Uint8Array
  /** Levels of the samples' parse, where the source has levels. */
  readonly parsed?: readonly Int32Array[]
  readonly denoiser?: Denoiser
  /** Seed that the samples were drawn with. */
  readonly seed: string
}

/**
 * What a measure cannot do without: a part of the truth, strings, a denoiser, one that fills masks, samples that were drawn one
 * token per call. Where it is missing the measure's value is absent.
 */
export type Need = keyof Truth | 'train' | 'test' | 'denoiser' | 'masks' | 'one-by-one'

/** A number with a name; with what each string has to do with it where a later one may be told from it. */
export interface Column {
  /** In words: "train NELBO" is a check's name for it, train_nelbo a table's. */
  readonly name: string
  readonly value: number | null
  /** Of a share of the parts of strings: tally[k] strings of which k parts of n count, k = 0..n. */
  readonly tally?: readonly number[]
  /** Of a mean: the value of each string. */
  readonly perString?: readonly number[]
}

/** One metric. A change of what it computes raises its version, and records of older versions are measured again. */
export interface Measure<Value> {
  readonly version: number
  readonly needs: readonly Need[]
  /** What stands in a record. */
  readonly schema: z.ZodType<Value>
  /** Done once per subject; the returned function measures its moments. */
  prepare(subject: Subject): Measuring<Value> | Promise<Measuring<Value>>
  columns(value: Value): readonly Column[]
}

export type Measuring<Value> = (moment: Moment) => Value | Promise<Value>

/** What there is to measure with, whether or not strings are in memory yet. */
export interface Equipment extends Pick<Subject, 'source' | 'process' | 'config'> {
  readonly train?: unknown
  readonly test?: unknown
}

/** Whether there is what a measure needs. */
export function applies({ needs }: Pick<Measure<unknown>, 'needs'>, subject: Equipment): boolean {
  return needs.every((need) => {
    switch (need) {
      case 'train':
      case 'test':
        return subject[need] !== undefined
      case 'denoiser':
        return subject.process !== undefined
      case 'masks':
        return subject.process?.fillsMasks === true
      case 'one-by-one':
        return subject.config.sampler.kind === 'random-order'
      default:
        return subject.source.truth[need] !== undefined
    }
  })
}

export function subjectOf(subject: Omit<Subject, 'known'>): Subject {
  return subject.train ? { ...subject, known: stringSet(subject.train) } : subject
}

export function momentOf({ source, known }: Subject, moment: Omit<Moment, 'isCopy' | 'parsed'>): Moment {
  const { samples } = moment
  const { levels } = source.truth
  const isCopy = Uint8Array.from({ length: samples.count }, (_, i) =>
    known && known.find(samples.tokens, i * samples.length) >= 0 ? 1 : 0,
  )
  return { ...moment, isCopy, ...(levels ? { parsed: levels.parse(samples.tokens) } : {}) }
}

/** A 95 % interval as a record holds it. */
export const intervalSchema = z.tuple([z.number(), z.number()])

/** A share with its interval over strings. */
export const shareSchema = z.strictObject({ rate: z.number(), interval: intervalSchema })

/**
 * A share with its 95 % interval.
 *
 * @useDeclaredType
 */
export type Share = z.output<typeof shareSchema>

/** A share of trials with Wilson's interval. */
export function shareOf(successes: number, trials: number): Share {
  return { rate: successes / trials, interval: [...clopperPearson(successes, trials)] }
}
