import { existsSync, statSync } from 'node:fs'
import { z } from 'zod'
import { measureSamples } from '../analysis/record.js'
import { type Metrics, metricSchema, metricsOf } from '../analysis/regression/metrics.js'
import { InputError } from '../common/error.js'
import { readJson, writeJson } from '../common/files.js'
import { parseWith } from '../common/schema.js'
import { readTokenFile } from '../corpus/files/read.js'
import { readParts } from './directory.js'
import { requireRecords } from './records.js'
import { grammarHash, readSource } from './source.js'

const baselineSchema = z.strictObject({
  format: z.literal('pcfg-diffusion baseline'),
  version: z.literal(1),
  /** SHA-256 of the grammar: metrics of different languages do not compare. */
  grammar: z.string(),
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
  return baseline(run.source.file, metricsOf(record))
}

async function ofFile({ path, step, grammar, train }: Subject): Promise<Baseline> {
  if (step !== undefined) throw new InputError('--step', step, 'a run directory with it')
  if (grammar === undefined)
    throw new InputError('--grammar', undefined, 'the grammar JSON that belongs to the strings')
  const source = readSource(readJson(grammar, 'grammar'))
  const samples = readTokenFile(path, 'samples', source)
  const known = train === undefined ? undefined : readTokenFile(train, 'train', source)
  return baseline(source.file, metricsOf(await measureSamples(source, samples, { train: known })))
}

function baseline(grammar: unknown, metrics: Metrics): Baseline {
  return {
    format: 'pcfg-diffusion baseline',
    version: 1,
    grammar: grammarHash(grammar),
    metrics: { ...metrics },
  }
}

export function writeBaseline(path: string, recorded: Baseline): void {
  writeJson(path, recorded)
}

/** Reads a baseline file; InputError names what is wrong with it. */
export function readBaseline(path: string): Baseline {
  return parseWith(baselineSchema, readJson(path, 'baseline'), path)
}
