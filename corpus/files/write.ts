import { statSync } from 'node:fs'
import { join } from 'node:path'
import { sha256, sha256File, writeFileAtomic, writeFolder, writeJson } from '../../common/files.js'
import type { Source } from '../source.js'
import type { CorpusSpec, Split } from '../spec.js'
import type { FileFormat } from './format.js'
import { jsonl } from './jsonl.js'
import { npy } from './npy.js'
import { parquet } from './parquet.js'

const FORMATS = { jsonl, npy, hf: parquet } satisfies Record<string, FileFormat>

/**
 * JSON lines; NumPy arrays; or a folder that Hugging Face `datasets` opens.
 *
 * @useDeclaredType
 */
export type CorpusFormat = keyof typeof FORMATS

/** How a corpus is written. */
export interface CorpusFilesOptions {
  readonly format: CorpusFormat
  /** Keep the latent levels of every string, root first (jsonl and hf). Default false. */
  readonly tree?: boolean
  /** Called with the number of strings written so far, both splits counted. */
  readonly onProgress?: (strings: number) => void
}

/** What stands in manifest.json beside the corpus. */
export interface CorpusManifest {
  readonly kind: 'corpus'
  readonly spec: CorpusSpec
  /** Strings of the language, where that is known; as text, for it may be long. */
  readonly strings?: string
  readonly grammarSha256: string
  readonly tokensPerString: number
  readonly vocabulary: number
  readonly format: CorpusFormat
  readonly files: Readonly<Record<string, CorpusFile>>
}

/** One file of a corpus, as its manifest names it. */
export interface CorpusFile {
  readonly split: Split
  /** Strings in it. */
  readonly count: number
  readonly sha256: string
  readonly bytes: number
}

const SPLITS = ['train', 'test'] as const

/**
 * Draws a corpus once and writes it into a new folder with its grammar.json and manifest.json, in constant memory. The
 * folder appears whole under its name or not at all. Throws InputError where it exists, or where the source has too few
 * strings or none of the latent levels asked for.
 *
 * @example
 * ```ts
 * import { rhmSource, writeCorpus } from 'pcfg-diffusion/corpus'
 * import { compile, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' })))
 * const spec = { train: 64, test: 16, seed: '0' }
 * const { files } = await writeCorpus('corpus', source, spec, { format: 'jsonl' })
 * Object.keys(files) // → ["train.jsonl", "test.jsonl"]
 * ```
 */
export async function writeCorpus(
  directory: string,
  source: Source,
  spec: CorpusSpec,
  { format, tree = false, onProgress }: CorpusFilesOptions,
): Promise<CorpusManifest> {
  return writeFolder(directory, async (pending) => {
    const { name, open, card }: FileFormat = FORMATS[format]
    const path = (split: Split) => join(pending, name(split))
    const sinkOf = (split: Split) => open(path(split), { source, count: spec[split], tree })
    const sinks = { train: sinkOf('train'), test: sinkOf('test') }
    let written = 0
    for (const block of source.stream(spec)) {
      sinks[block.split].write(block)
      written += block.strings.count
      onProgress?.(written)
    }
    const files: Record<string, CorpusFile> = {}
    for (const split of SPLITS) {
      sinks[split].close()
      files[name(split)] = {
        split,
        count: spec[split],
        sha256: await sha256File(path(split)),
        bytes: statSync(path(split)).size,
      }
    }
    const manifest: CorpusManifest = {
      kind: 'corpus',
      spec,
      ...(source.strings === undefined ? {} : { strings: source.strings.toString() }),
      grammarSha256: sha256(JSON.stringify(source.file)),
      tokensPerString: source.length,
      vocabulary: source.vocabulary,
      format,
      files,
    }
    if (card) writeFileAtomic(join(pending, 'README.md'), card(source, spec))
    writeJson(join(pending, 'grammar.json'), source.file)
    writeJson(join(pending, 'manifest.json'), manifest)
    return manifest
  })
}
