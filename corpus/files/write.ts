import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileWriter, parquetWriteRows } from 'hyparquet-writer'
import {
  type PendingFile,
  pendingFile,
  sha256,
  sha256File,
  writeFileAtomic,
  writeFolder,
  writeJson,
} from '../../common/files.js'
import { choiceCount, derive } from '../../grammar/rhm/derivation.js'
import { countStrings } from '../../grammar/rhm/rhm.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'
import { type CorpusBlock, type CorpusSpec, type Split, streamCorpus } from '../rhm-corpus.js'

/** JSON lines; NumPy arrays; or a folder that Hugging Face `datasets` opens. */
export type CorpusFormat = 'jsonl' | 'npy' | 'hf'

export interface CorpusFilesOptions {
  readonly format: CorpusFormat
  /** Keep the derivation tree of every string (jsonl and hf). */
  readonly tree?: boolean
  /** Called with the number of strings written so far. */
  readonly onProgress?: (strings: number) => void
}

/** What stands in manifest.json beside the corpus. */
export interface CorpusManifest {
  readonly kind: 'corpus'
  readonly spec: CorpusSpec
  readonly strings: string
  readonly grammarSha256: string
  readonly tokensPerString: number
  readonly vocabulary: number
  readonly format: CorpusFormat
  readonly files: Readonly<
    Record<
      string,
      { readonly split: Split; readonly count: number; readonly sha256: string; readonly bytes: number }
    >
  >
}

const SPLITS: readonly Split[] = ['train', 'test']

/**
 * Writes a corpus folder, one block in memory at a time. The folder appears whole under its name or not at all.
 *
 * jsonl: train.jsonl, test.jsonl with {"id","tokens","tree"?}; the tree is the latent levels, root first.
 * npy: train.npy, test.npy, int32 [strings, d]. hf: README.md and data/*.parquet.
 */
export async function writeCorpus(
  directory: string,
  tables: RhmTables,
  spec: CorpusSpec,
  options: CorpusFilesOptions,
): Promise<CorpusManifest> {
  return writeFolder(directory, async (pending) => {
    const names = await writers[options.format](pending, tables, spec, options)
    const files: Record<string, CorpusManifest['files'][string]> = {}
    for (const split of SPLITS) {
      const path = join(pending, names[split])
      files[names[split]] = {
        split,
        count: spec[split],
        sha256: await sha256File(path),
        bytes: statSync(path).size,
      }
    }
    const manifest: CorpusManifest = {
      kind: 'corpus',
      spec,
      strings: countStrings(tables.grammar).toString(),
      grammarSha256: sha256(JSON.stringify(tables.grammar)),
      tokensPerString: tables.d,
      vocabulary: tables.v,
      format: options.format,
      files,
    }
    writeJson(join(pending, 'grammar.json'), tables.grammar)
    writeJson(join(pending, 'manifest.json'), manifest)
    return manifest
  })
}

type FormatWriter = (
  directory: string,
  tables: RhmTables,
  spec: CorpusSpec,
  options: CorpusFilesOptions,
) => Promise<Record<Split, string>>

const writers: Record<CorpusFormat, FormatWriter> = { jsonl: writeJsonl, npy: writeNpy, hf: writeHuggingFace }

async function writeJsonl(
  directory: string,
  tables: RhmTables,
  spec: CorpusSpec,
  options: CorpusFilesOptions,
) {
  const text = Array.from({ length: tables.v }, (_, token) => String(token))
  return writeBlocks(directory, 'jsonl', tables, spec, options, (block) => {
    const { tokens, count, length } = block.strings
    let lines = ''
    for (let i = 0; i < count; i++) {
      let row = text[tokens[i * length]!]!
      for (let t = 1; t < length; t++) row += `,${text[tokens[i * length + t]!]!}`
      const tree = options.tree ? `,"tree":${JSON.stringify(latents(tables, block, i))}` : ''
      lines += `{"id":${block.first + i},"tokens":[${row}]${tree}}\n`
    }
    return lines
  })
}

async function writeNpy(directory: string, tables: RhmTables, spec: CorpusSpec, options: CorpusFilesOptions) {
  const header = (split: Split) => npyHeader([spec[split], tables.d])
  return writeBlocks(
    directory,
    'npy',
    tables,
    spec,
    options,
    ({ strings }) => bytesOf(strings.tokens),
    header,
  )
}

/** The loop of the plain formats: one open file per split, one chunk per block. */
async function writeBlocks(
  directory: string,
  extension: string,
  tables: RhmTables,
  spec: CorpusSpec,
  options: CorpusFilesOptions,
  encode: (block: CorpusBlock) => string | Uint8Array,
  header?: (split: Split) => Uint8Array,
): Promise<Record<Split, string>> {
  const names = { train: `train.${extension}`, test: `test.${extension}` }
  const files = {} as Record<Split, PendingFile>
  for (const split of SPLITS) {
    files[split] = pendingFile(join(directory, names[split]))
    if (header) files[split].write(header(split))
  }
  let written = 0
  for (const block of streamCorpus(tables, spec)) {
    files[block.split].write(encode(block))
    written += block.strings.count
    options.onProgress?.(written)
  }
  for (const split of SPLITS) files[split].commit()
  return names
}

async function writeHuggingFace(
  directory: string,
  tables: RhmTables,
  spec: CorpusSpec,
  options: CorpusFilesOptions,
) {
  const names = { train: 'data/train-00000-of-00001.parquet', test: 'data/test-00000-of-00001.parquet' }
  mkdirSync(join(directory, 'data'))
  for (const split of SPLITS) {
    // Test strings follow the training strings in the stream, so each split walks its own prefix.
    const rows = function* () {
      for (const block of streamCorpus(tables, spec)) {
        if (block.split !== split) continue
        for (let i = 0; i < block.strings.count; i++) {
          const tokens = Array.from(block.strings.tokens.subarray(i * tables.d, (i + 1) * tables.d))
          const tree = options.tree ? { tree: JSON.stringify(latents(tables, block, i)) } : {}
          yield { id: block.first + i, text: tokens.join(' '), input_ids: tokens, ...tree }
        }
        options.onProgress?.(block.first + block.strings.count)
      }
    }
    const columns = ['id', 'text', 'input_ids', ...(options.tree ? ['tree'] : [])]
    await parquetWriteRows({
      writer: fileWriter(join(directory, names[split])),
      rows: rows(),
      columns: columns.map((name) => ({ name })),
      schema: [
        { name: 'root', num_children: columns.length },
        { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'input_ids', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
        ...(options.tree
          ? [
              {
                name: 'tree',
                type: 'BYTE_ARRAY',
                converted_type: 'UTF8',
                repetition_type: 'REQUIRED',
              } as const,
            ]
          : []),
      ],
      rowGroupSize: 50_000,
      codec: 'SNAPPY',
    })
  }
  writeFileAtomic(join(directory, 'README.md'), datasetCard(tables, spec))
  return names
}

/** Latent levels of one string of a block, root first, tokens left out. */
function latents(tables: RhmTables, block: CorpusBlock, index: number): number[][] {
  const width = choiceCount(tables)
  const { levels } = derive(tables, block.choices.subarray(index * width, (index + 1) * width))
  return levels
    .slice(1)
    .reverse()
    .map((symbols) => Array.from(symbols))
}

/** A version 1.0 .npy header for little-endian int32 in C order, padded to 64 bytes. */
function npyHeader(shape: readonly number[]): Uint8Array {
  const dictionary = `{'descr': '<i4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10
  const header = Buffer.alloc(10 + length, ' ')
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(length, 8)
  header.write(dictionary, 10)
  header.write('\n', 9 + length)
  return header
}

function bytesOf(array: Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function datasetCard(tables: RhmTables, spec: CorpusSpec): string {
  const { v, m, s, L, n, seed } = tables.grammar
  return `---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
  - split: test
    path: data/test-*.parquet
---
# Strings of a Random Hierarchy Model

${spec.train} training and ${spec.test} test strings of ${tables.d} tokens, drawn with seed \`${spec.seed}\` from the grammar in
\`grammar.json\` (v=${v}, m=${m}, s=${s}, L=${L}, n=${n}, seed \`${seed}\`; ${countStrings(tables.grammar)} strings in the language).
Made by pcfg-diffusion. \`input_ids\` are tokens 0..${v - 1}.
`
}
