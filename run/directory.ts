import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { jsonText, makeDirectory, readJson, readJsonIfAny, sha256, writeJson } from '../common/files.js'
import { parseWith } from '../common/schema.js'
import type { Corpus } from '../corpus/source.js'
import { checkpointProvenance, listCheckpoints, type Provenance } from '../train/checkpoint.js'
import { type Assembly, assemble } from './assembly.js'
import { type RunConfig, runSchema, storedConfig } from './config.js'
import { readSource } from './source.js'

/**
 * A run is a directory:
 *
 *   config.json  grammar.json  artifacts/*.onnx  checkpoints/step-XXXXXXXX.{safetensors,json}
 *   metrics.jsonl (training)  analysis.jsonl (per checkpoint)  status.json
 *
 * Everything in it derives from the configuration and its seeds; the corpus is drawn again when it is needed.
 */
export interface RunParts extends Assembly {
  readonly directory: string
  /** Throws InputError also where these are not the strings that its last checkpoint was trained on. */
  corpus(): Corpus
  /** Folder of its checkpoints. */
  readonly checkpoints: string
  provenance(): Provenance
}

export interface RunStatus {
  readonly state: 'training' | 'trained' | 'stopped' | 'failed'
  readonly step: number
  readonly steps: number
  readonly message?: string
}

/** A configuration as it stands in a run directory. Throws InputError where there is none, or it is damaged. */
function readConfig(directory: string): RunConfig {
  const path = join(directory, 'config.json')
  if (!existsSync(path)) throw new InputError('run', directory, 'a run directory (with config.json)')
  return parseWith(runSchema, storedConfig(readJson(path, 'config')), 'config')
}

/** What an existing run directory is made of. Throws InputError where it is missing or damaged. */
export function readParts(directory: string): RunParts {
  const config = readConfig(directory)
  return parts(directory, assemble(config, readSource(readJson(join(directory, 'grammar.json'), 'grammar'))))
}

/**
 * Makes a run directory, or reads the one that is there if it has the same configuration. Everything is checked
 * before anything is written.
 */
export function makeParts(directory: string, config: RunConfig): RunParts {
  const made = parts(directory, assemble(config))
  if (existsSync(join(directory, 'config.json'))) {
    const kept = readJson(join(directory, 'grammar.json'), 'grammar')
    if (jsonText(readConfig(directory)) !== jsonText(config) || jsonText(kept) !== jsonText(made.source.file))
      throw new InputError(
        'out',
        directory,
        'a new directory, or one that holds a run with the same configuration',
      )
    return made
  }
  // What cannot be drawn is found before the directory exists.
  made.corpus()
  makeDirectory(directory)
  writeJson(join(directory, 'grammar.json'), made.source.file)
  writeJson(join(directory, 'config.json'), config)
  return made
}

export function writeStatus(directory: string, status: RunStatus): void {
  writeJson(join(directory, 'status.json'), status)
}

export function readStatus(directory: string): RunStatus | undefined {
  return readJsonIfAny(join(directory, 'status.json'), 'status') as RunStatus | undefined
}

function parts(directory: string, assembly: Assembly): RunParts {
  const checkpoints = join(directory, 'checkpoints')
  let checked: Corpus | undefined
  const corpus = () => {
    checked ??= requireTrainedOn(assembly.corpus(), directory, checkpoints)
    return checked
  }
  return {
    ...assembly,
    directory,
    checkpoints,
    corpus,
    provenance() {
      const written = join(directory, 'config.json')
      const config = existsSync(written) ? readFileSync(written) : jsonText(assembly.config)
      return { configSha256: sha256(config), corpusSha256: corpusHash(corpus()) }
    },
  }
}

/** The corpus again, if it is what the last checkpoint was trained on: a grammar or a setting that was exchanged draws other strings. */
function requireTrainedOn(corpus: Corpus, directory: string, checkpoints: string): Corpus {
  const last = listCheckpoints(checkpoints).at(-1)
  if (last === undefined || checkpointProvenance(checkpoints, last).corpusSha256 === corpusHash(corpus))
    return corpus
  throw new InputError(
    'run',
    directory,
    `grammar.json and config.json as they were when step ${last} was trained: they draw other strings now`,
  )
}

function corpusHash({ train: { tokens } }: Corpus): string {
  return sha256(new Uint8Array(tokens.buffer, 0, tokens.byteLength))
}
