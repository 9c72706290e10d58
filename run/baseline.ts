import { existsSync, statSync } from 'node:fs'
import { z } from 'zod'
import { type CheckpointRecord, measureSamples, recordOf } from '../analysis/record.js'
import { type Comparison, compareMetrics } from '../analysis/regression/compare.js'
import { type Metrics, metricSchema, metricsOf } from '../analysis/regression/metrics.js'
import { InputError } from '../common/error.js'
import { readJson, sha256, writeJson } from '../common/files.js'
import { parseWith } from '../common/schema.js'
import type { TokenMatrix } from '../common/strings.js'
import { readTokenFile } from '../corpus/files/read.js'
import type { Source } from '../corpus/source.js'
import { listCheckpoints } from '../train/checkpoint.js'
import { readParts } from './directory.js'
import { measuredOptions, requireRecords } from './records.js'
import { grammarHash, readSource } from './source.js'

const baselineSchema = z.strictObject({
  format: z.literal('pcfg-diffusion baseline'),
  version: z
    .int()
    .refine((version) => version === 2, '2: record it again, as older ones lack what a comparison needs'),
  conditions: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .describe('what must be the same on both sides for their metrics to say something about the model alone'),
  metrics: z.record(z.string(), metricSchema),
})

/**
 * Metrics of a model at one moment, to compare later ones with.
 *
 * @useDeclaredType
 */
export type Baseline = z.output<typeof baselineSchema>

/** What can be measured: a run directory, or a file of generated strings with its grammar. */
export interface Subject {
  readonly path: string
  /** Of a run: the checkpoint, default the last one measured. */
  readonly step?: number
  /** Of a file: grammar JSON. */
  readonly grammar?: string
  /** Of a file: training strings, to count copies. */
  readonly train?: string
}

/** Measures a subject. Throws InputError where a run has not been analysed, or a file comes without its grammar. */
export async function measureSubject(subject: Subject): Promise<Baseline> {
  const { path } = subject
  if (!existsSync(path))
    throw new InputError('subject', path, 'a run directory, or a file of generated strings')
  return statSync(path).isDirectory() ? ofRun(subject) : ofFile(subject)
}

function ofRun({ path, step, grammar, train }: Subject): Baseline {
  const unread = grammar ?? train
  if (unread !== undefined)
    throw new InputError(
      grammar ? '--grammar' : '--train',
      unread,
      'a file of strings with it: a run has its own',
    )
  const run = readParts(path)
  const records = requireRecords(run, 'subject')
  const record = step === undefined ? records.at(-1)! : records.find((candidate) => candidate.step === step)
  if (!record)
    throw new InputError('--step', step, `a measured checkpoint: ${records.map((r) => r.step).join(', ')}`)
  const last = listCheckpoints(run.checkpoints).at(-1)
  if (step === undefined && last !== undefined && last !== record.step)
    throw new InputError(
      'subject',
      path,
      `a run that is measured to its last checkpoint, ${last}, not ${record.step}: analyse it, or name a --step`,
    )
  const corpus = run.corpus()
  const { samples, strings, sampler, exact, seed } = measuredOptions(path)
  const conditions = {
    ...ofStrings(run.source, corpus.train, record, samples),
    step: record.step,
    'held-out strings': hashOf(corpus.test),
    'strings per loss': strings,
    masks: exact ? 'all' : seed,
    process: JSON.stringify(run.config.process),
    sampler: JSON.stringify(sampler),
  }
  return baseline(conditions, metricsOf(record))
}

async function ofFile({ path, step, grammar, train }: Subject): Promise<Baseline> {
  if (step !== undefined) throw new InputError('--step', step, 'a run directory with it')
  if (grammar === undefined)
    throw new InputError('--grammar', undefined, 'the grammar JSON that belongs to the strings')
  const source = readSource(readJson(grammar, 'grammar'))
  const samples = readTokenFile(path, 'samples', source)
  const known = train === undefined ? undefined : readTokenFile(train, 'train', source)
  const measured = await measureSamples(source, samples, { train: known })
  const conditions = ofStrings(source, known, recordOf(0, measured), samples.count)
  return baseline(conditions, metricsOf(measured))
}

type Conditions = Baseline['conditions']

function ofStrings(
  source: Source,
  train: TokenMatrix | undefined,
  { versions }: Pick<CheckpointRecord, 'versions'>,
  samples: number,
): Conditions {
  return {
    grammar: grammarHash(source.file),
    ...(train ? { P: train.count, corpus: hashOf(train) } : {}),
    samples,
    measures: Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  }
}

function hashOf({ tokens }: TokenMatrix): string {
  return sha256(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength))
}

function baseline(conditions: Conditions, metrics: Metrics): Baseline {
  return { format: 'pcfg-diffusion baseline', version: 2, conditions, metrics: { ...metrics } }
}

/** A condition in which a baseline and a subject differ. */
export interface Mismatch {
  readonly name: string
  readonly before: string | number | undefined
  readonly now: string | number | undefined
}

/** The conditions that are not the same on both sides. */
export function mismatches(before: Baseline, now: Baseline): Mismatch[] {
  const names = [...new Set([...Object.keys(before.conditions), ...Object.keys(now.conditions)])]
  return names.flatMap((name) => {
    const [old, next] = [before.conditions[name], now.conditions[name]]
    return old === next ? [] : [{ name, before: old, now: next }]
  })
}

/**
 * Compares a subject with its baseline. Throws InputError naming the first condition in which they differ, unless that is asked
 * for; losses are compared string by string where nothing differs.
 */
export function compareWithBaseline(
  before: Baseline,
  now: Baseline,
  { falseAlarm, across = false }: { readonly falseAlarm?: number; readonly across?: boolean } = {},
): Comparison[] {
  const [first] = mismatches(before, now)
  if (first && !across)
    throw new InputError(
      `baseline.${first.name}`,
      first.before,
      `${first.now ?? 'none'}, as of the subject, or --across to compare all the same`,
    )
  const compared = compareMetrics(before.metrics, now.metrics, { falseAlarm, paired: !first })
  if (compared.length === 0)
    throw new InputError(
      'baseline.metrics',
      Object.keys(before.metrics).join(', '),
      'a metric that the subject has too',
    )
  return compared
}

export function writeBaseline(path: string, recorded: Baseline): void {
  writeJson(path, recorded)
}

/** Reads a baseline file; InputError names what is wrong with it. */
export function readBaseline(path: string): Baseline {
  return parseWith(baselineSchema, readJson(path, 'baseline'), path)
}
