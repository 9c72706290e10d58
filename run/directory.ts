import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { jsonText, makeDirectory, readJson, sha256, writeJson } from '../common/files.js'
import { parseWith } from '../common/schema.js'
import { type Corpus, drawCorpus } from '../corpus/rhm-corpus.js'
import { parseRhm, type Rhm, randomRhm } from '../grammar/rhm/rhm.js'
import { compile, type RhmTables } from '../grammar/rhm/tables.js'
import { type Network, network } from '../model/network.js'
import { layOut, type ParameterLayout } from '../model/parameters.js'
import type { Provenance } from '../train/checkpoint.js'
import { type RunConfig, runSchema } from './config.js'

/**
 * A run is a directory:
 *
 *   config.json  grammar.json  artifacts/*.onnx  checkpoints/step-XXXXXXXX.{safetensors,json}
 *   metrics.jsonl (training)  analysis.jsonl (per checkpoint)  status.json
 *
 * Everything in it derives from the configuration and its seeds; the corpus is drawn again when it is needed.
 */
export interface Run {
  readonly directory: string
  readonly config: RunConfig
  readonly tables: RhmTables
  readonly corpus: Corpus
  readonly network: Network
  readonly layout: ParameterLayout
  readonly provenance: Provenance
}

export interface RunStatus {
  readonly state: 'training' | 'trained' | 'stopped' | 'failed'
  readonly step: number
  readonly steps: number
  readonly message?: string
}

/** The grammar a configuration names or describes. */
export function grammarOf(config: RunConfig['grammar']): Rhm {
  if ('file' in config) return parseRhm(readJson(config.file, 'grammar'))
  const weights = config.zipf ? ({ kind: 'zipf', ...config.zipf } as const) : undefined
  return randomRhm({ ...config, weights })
}

/**
 * Makes a run directory, or opens the one that is there if it has the same configuration. Everything is checked
 * before anything is written.
 */
export function createRun(directory: string, config: RunConfig): Run {
  const configPath = join(directory, 'config.json')
  const run = assemble(directory, config, grammarOf(config.grammar))
  if (existsSync(configPath)) {
    const existing = sha256(readFileSync(configPath))
    const sameGrammar =
      sha256(readFileSync(join(directory, 'grammar.json'))) === sha256(jsonText(run.tables.grammar))
    if (existing !== run.provenance.configSha256 || !sameGrammar) {
      throw new InputError(
        'out',
        directory,
        'a new directory, or one that holds a run with the same configuration',
      )
    }
    return run
  }
  makeDirectory(directory)
  writeJson(join(directory, 'grammar.json'), run.tables.grammar)
  writeJson(configPath, config)
  return run
}

/** Opens an existing run. Throws InputError where it is missing or damaged. */
export function openRun(directory: string): Run {
  const configPath = join(directory, 'config.json')
  if (!existsSync(configPath)) throw new InputError('run', directory, 'a run directory (with config.json)')
  const config = parseWith(runSchema, readJson(configPath, 'config'), 'config')
  return assemble(directory, config, parseRhm(readJson(join(directory, 'grammar.json'), 'grammar')))
}

export function checkpointDirectory(run: Run): string {
  return join(run.directory, 'checkpoints')
}

export function writeStatus(run: Run, status: RunStatus): void {
  writeJson(join(run.directory, 'status.json'), status)
}

export function readStatus(directory: string): RunStatus | undefined {
  const path = join(directory, 'status.json')
  return existsSync(path) ? (readJson(path, 'status') as RunStatus) : undefined
}

function assemble(directory: string, config: RunConfig, grammar: Rhm): Run {
  const tables = compile(grammar)
  const built = network(config.model, { tokens: tables.d, vocabulary: tables.v })
  const corpus = drawCorpus(tables, config.corpus)
  const corpusBytes = new Uint8Array(corpus.train.tokens.buffer, 0, corpus.train.tokens.byteLength)
  return {
    directory,
    config,
    tables,
    corpus,
    network: built,
    layout: layOut(built.parameters),
    provenance: { configSha256: sha256(jsonText(config)), corpusSha256: sha256(corpusBytes) },
  }
}
