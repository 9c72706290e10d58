import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { copyReference } from '../analysis/measures/copies.js'
import { measureSamples } from '../analysis/measures/samples.js'
import {
  type Metrics,
  metricSchema,
  metricsOfCheckpoint,
  metricsOfSamples,
} from '../analysis/regression/metrics.js'
import { InputError } from '../common/error.js'
import { jsonText, readJson, sha256, writeJson } from '../common/files.js'
import { parseWith } from '../common/schema.js'
import { readTokenFile } from '../corpus/files/read.js'
import { parseRhm } from '../grammar/rhm/rhm.js'
import { compile } from '../grammar/rhm/tables.js'
import { readAnalysis } from './analyse.js'
import { openRun } from './directory.js'

const baselineSchema = z.strictObject({
  format: z.literal('pcfg-diffusion baseline'),
  version: z.literal(1),
  /** SHA-256 of the grammar: metrics of different languages do not compare. */
  grammar: z.string(),
  metrics: z.record(z.string(), metricSchema),
})

/** Metrics of a model at one moment, to compare later ones with. */
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
export function measureSubject(subject: Subject): Baseline {
  const { path } = subject
  if (!existsSync(path))
    throw new InputError('subject', path, 'a run directory, or a file of generated strings')
  return statSync(path).isDirectory() ? ofRun(subject) : ofFile(subject)
}

function ofRun({ path, step }: Subject): Baseline {
  if (!existsSync(join(path, 'config.json')))
    throw new InputError('subject', path, 'a run directory (config.json), or a file of generated strings')
  const records = readAnalysis(path)
  if (records.length === 0)
    throw new InputError('subject', path, 'a run with measured checkpoints: analyse it first')
  const record = step === undefined ? records.at(-1)! : records.find((candidate) => candidate.step === step)
  if (!record)
    throw new InputError('--step', step, `a measured checkpoint: ${records.map((r) => r.step).join(', ')}`)
  return baseline(openRun(path).tables.grammar, metricsOfCheckpoint(record))
}

function ofFile({ path, grammar, train }: Subject): Baseline {
  if (grammar === undefined)
    throw new InputError('--grammar', undefined, 'the grammar JSON that belongs to the strings')
  const tables = compile(parseRhm(readJson(grammar, 'grammar')))
  const shape = { length: tables.d, vocabulary: tables.v }
  const samples = readTokenFile(path, 'samples', shape)
  const reference =
    train === undefined ? undefined : copyReference(tables, readTokenFile(train, 'train', shape))
  return baseline(tables.grammar, metricsOfSamples(measureSamples(tables, samples, reference)))
}

function baseline(grammar: unknown, metrics: Metrics): Baseline {
  return {
    format: 'pcfg-diffusion baseline',
    version: 1,
    grammar: sha256(jsonText(grammar)),
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
