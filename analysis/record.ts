import { z } from 'zod'
import { InputError } from '../common/error.js'
import type { TokenMatrix } from '../common/strings.js'
import type { Source } from '../corpus/source.js'
import type { Denoiser } from '../model/denoiser.js'
import { ONE_BY_ONE } from '../model/samplers/config.js'
import { sample } from '../model/samplers/sampler.js'
import { refuseUnread } from '../model/unread.js'
import {
  type AnalysisConfig,
  applies,
  type Column,
  type Equipment,
  type Moment,
  momentOf,
  type Subject,
  subjectOf,
} from './measures/measure.js'
import { MEASURE_NAMES, type Measurements, type MeasureName, TABLE } from './measures/table.js'

/** One line of analysis.jsonl: what is known of a checkpoint, and by which version of each measure. */
export interface CheckpointRecord extends Measurements {
  readonly step: number
  readonly versions: { readonly [Name in MeasureName]?: number }
}

/** The measures that there is everything for. */
export function applicable(subject: Equipment): MeasureName[] {
  return MEASURE_NAMES.filter((name) => applies(TABLE[name], subject))
}

/** Prepares measures of a subject; the returned function measures its moments. */
export async function measuring(
  subject: Subject,
  names: readonly MeasureName[] = applicable(subject),
): Promise<(moment: Moment) => Promise<Measurements>> {
  const prepared: [MeasureName, (moment: Moment) => unknown][] = []
  for (const name of names) prepared.push([name, await TABLE[name].prepare(subject)])
  return async (moment) => {
    const values: Partial<Record<MeasureName, unknown>> = {}
    for (const [name, measure] of prepared) values[name] = await measure(moment)
    return values as Measurements
  }
}

/** Samples from a denoiser and measures: a pure function of the denoiser, the subject and the step, which seeds the samples. */
export async function measureCheckpoint(
  denoiser: Denoiser,
  subject: Subject,
  measure: (moment: Moment) => Promise<Measurements>,
  step: number,
): Promise<CheckpointRecord> {
  const { samples: count, sampler, seed: root } = subject.config
  const seed = `${root}/${step}`
  const samples = await sample(denoiser, { count, seed, sampler })
  return recordOf(step, await measure(momentOf(subject, { samples, denoiser, seed })))
}

/** A record of what was measured by this program, its parts in the order of the table, whenever they came. */
export function recordOf(step: number, values: Measurements): CheckpointRecord {
  const names = MEASURE_NAMES.filter((name) => values[name] !== undefined)
  return {
    step,
    versions: Object.fromEntries(names.map((name) => [name, TABLE[name].version])),
    ...Object.fromEntries(names.map((name) => [name, values[name]])),
  }
}

/** What is measured of a denoiser, by default as `analyse` does it. */
export interface DenoiserOptions extends Partial<AnalysisConfig> {
  readonly train?: TokenMatrix
  readonly test?: TokenMatrix
}

/**
 * Measures any denoiser against a source and, where given, its training and held-out strings: a network is sampled and scored by
 * its own process. Throws InputError where the denoiser or strings cannot be of the source, or nothing would read an option.
 */
export async function measureDenoiser(
  source: Source,
  denoiser: Denoiser,
  { train, test, ...config }: DenoiserOptions = {},
): Promise<Measurements> {
  for (const name of ['length', 'vocabulary'] as const)
    if (denoiser[name] !== source[name])
      throw new InputError(`denoiser.${name}`, denoiser[name], `${source[name]}, as of the source`)
  checkStrings(source, { train, test })
  const options = { ...DEFAULTS, ...config }
  refuseUnread(denoiser.process, options)
  const subject = subjectOf({
    source,
    train,
    test,
    process: denoiser.process,
    config: options,
  })
  const { step, versions, ...values } = await measureCheckpoint(
    denoiser,
    subject,
    await measuring(subject),
    0,
  )
  return values
}

const DEFAULTS: AnalysisConfig = { samples: 1000, strings: 512, exact: false, sampler: ONE_BY_ONE, seed: '0' }

/** Throws InputError naming strings that cannot be of a source. */
function checkStrings(source: Source, named: Readonly<Record<string, TokenMatrix | undefined>>): void {
  for (const [field, strings] of Object.entries(named)) {
    if (!strings) continue
    const { tokens, count, length } = strings
    if (length !== source.length)
      throw new InputError(field, `${length} tokens per string`, `strings of ${source.length} tokens`)
    if (count < 1 || tokens.length !== count * length)
      throw new InputError(
        field,
        `${tokens.length} tokens`,
        `${Math.max(1, count)} strings of ${length} tokens`,
      )
    const wrong = tokens.find((token) => !(token >= 0 && token < source.vocabulary))
    if (wrong !== undefined) throw new InputError(field, wrong, `tokens from 0 to ${source.vocabulary - 1}`)
  }
}

/**
 * Measures samples by themselves; no model is involved, so they may come from anywhere. Throws InputError where they cannot be
 * strings of the source.
 *
 * @example
 * ```ts
 * import { measureSamples } from 'pcfg-diffusion/analysis'
 * import { drawCorpus, rhmSource } from 'pcfg-diffusion/corpus'
 * import { compile, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' })))
 * const { train, test } = drawCorpus(source, { train: 64, test: 64, seed: '0' })
 * const { levels, copies } = await measureSamples(source, test, { train })
 * levels?.map(({ nodeValidity }) => nodeValidity) // → [1, 1, 1]
 * copies?.rate // → 0
 * // 64 strings of 1,024.
 * copies?.expected // → 0.0625
 * ```
 */
export async function measureSamples(
  source: Source,
  samples: TokenMatrix,
  strings: { readonly train?: TokenMatrix | undefined; readonly test?: TokenMatrix | undefined } = {},
): Promise<Measurements> {
  const { train, test } = strings
  checkStrings(source, { samples, train, test })
  const subject = subjectOf({ source, train, test, config: DEFAULTS })
  return (await measuring(subject))(momentOf(subject, { samples, seed: '0' }))
}

const frame = z.looseObject({ step: z.int().min(0), versions: z.record(z.string(), z.number()) })

/**
 * A record as it was read back: parts of other versions, or that do not fit their schema, are left out, as if they had not been
 * measured. Undefined where it is no record at all, such as one of the form before measures had versions.
 */
export function readRecord(value: unknown): CheckpointRecord | undefined {
  const outer = frame.safeParse(value)
  if (!outer.success) return undefined
  const { step, versions } = outer.data
  const current = MEASURE_NAMES.flatMap((name) => {
    const { version, schema } = TABLE[name]
    const part = versions[name] === version ? schema.safeParse(outer.data[name]) : undefined
    return part?.success ? [[name, part.data] as const] : []
  })
  return recordOf(step, Object.fromEntries(current))
}

/** The numbers of a record, in the order of the table. */
export function columnsOf(values: Measurements, names: readonly MeasureName[] = MEASURE_NAMES): Column[] {
  return names.flatMap((name) => (values[name] === undefined ? [] : TABLE[name].columns(values[name])))
}
