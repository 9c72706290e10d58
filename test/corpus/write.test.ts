import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CorpusFormat, writeCorpus } from '../../corpus/files/write.js'
import type { Source } from '../../corpus/source.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'write-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const spec = { train: 3, test: 1, seed: 'w' }
/** Strings by hand, in blocks of two, with a tree of one level. */
const source: Source = {
  description: 'numbers',
  length: 2,
  vocabulary: 12,
  strings: 144n,
  text: (token) => `<${token}>`,
  *stream() {
    const block = (split: 'train' | 'test', first: number, rows: number[][]) => ({
      split,
      first,
      strings: { tokens: Int32Array.from(rows.flat()), count: rows.length, length: 2 },
      tree: (i: number) => [[rows[i]![0]! + 1]],
    })
    yield block('train', 0, [
      [0, 1],
      [11, 3],
    ])
    yield block('train', 2, [[4, 5]])
    yield block('test', 0, [[6, 10]])
  },
  truth: {},
  file: { made: 'by hand' },
  columns: {},
}
const written = (format: CorpusFormat, tree?: boolean, from: Source = source) =>
  writeCorpus(join(directory, 'c'), from, spec, { format, ...(tree === undefined ? {} : { tree }) })
const content = (...names: string[]) => readFileSync(join(directory, 'c', ...names), 'utf8')

describe('JSON lines', () => {
  test('hold the number and the tokens of each string', async () => {
    await written('jsonl')
    expect(content('train.jsonl')).toBe(
      '{"id":0,"tokens":[0,1]}\n{"id":1,"tokens":[11,3]}\n{"id":2,"tokens":[4,5]}\n',
    )
    expect(content('test.jsonl')).toBe('{"id":0,"tokens":[6,10]}\n')
  })

  test('and its tree where that is asked for', async () => {
    await written('jsonl', true)
    expect(content('test.jsonl')).toBe('{"id":0,"tokens":[6,10],"tree":[[7]]}\n')
  })
})

describe('NumPy arrays', () => {
  test('have the header of NEP 1, padded to 64 bytes, and little-endian numbers', async () => {
    await written('npy')
    const bytes = readFileSync(join(directory, 'c', 'train.npy'))
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...Buffer.from('NUMPY'), 1, 0])
    const length = bytes.readUInt16LE(8)
    expect((10 + length) % 64).toBe(0)
    const header = bytes.toString('latin1', 10, 10 + length)
    expect(header).toMatch(/^\{'descr': '<i4', 'fortran_order': False, 'shape': \(3, 2\), \} *\n$/)
    // Padded, but no more than needed.
    expect(10 + length - 64).toBeLessThan(10 + header.trimEnd().length + 1)
    const numbers = Array.from({ length: 6 }, (_, i) => bytes.readInt32LE(10 + length + 4 * i))
    expect(numbers).toEqual([0, 1, 11, 3, 4, 5])
    expect(bytes).toHaveLength(10 + length + 24)
  })

  test('have no place for trees', async () => {
    await expect(written('npy', true)).rejects.toThrow('tree: got true')
  })
})

describe('a folder for datasets', () => {
  const rows = async (split: string) =>
    parquetReadObjects({
      file: await asyncBufferFromFile(join(directory, 'c', 'data', `${split}-00000-of-00001.parquet`)),
    })

  test('has the number, the text and the tokens of each string, and its tree where that is asked for', async () => {
    await written('hf', true)
    expect(await rows('train')).toEqual([
      { id: 0, text: '<0> <1>', input_ids: [0, 1], tree: '[[1]]' },
      { id: 1, text: '<11> <3>', input_ids: [11, 3], tree: '[[12]]' },
      { id: 2, text: '<4> <5>', input_ids: [4, 5], tree: '[[5]]' },
    ])
    rmSync(join(directory, 'c'), { recursive: true })
    await written('hf')
    expect(await rows('test')).toEqual([{ id: 0, text: '<6> <10>', input_ids: [6, 10] }])
  })

  test('requires every value, and reads text as UTF-8', async () => {
    await written('hf', true)
    const file = await asyncBufferFromFile(join(directory, 'c', 'data', 'train-00000-of-00001.parquet'))
    const { schema, row_groups } = await parquetMetadataAsync(file)
    expect(row_groups.map((group) => group.num_rows)).toEqual([3n])
    expect(
      schema.map(({ name, type, repetition_type, converted_type, num_children }) =>
        [name, type, repetition_type, converted_type, num_children].map((part) => part ?? '-').join(' '),
      ),
    ).toEqual([
      'root - - - 4',
      'id INT32 REQUIRED - -',
      'text BYTE_ARRAY REQUIRED UTF8 -',
      'input_ids - REQUIRED LIST 1',
      'list - REPEATED - 1',
      'element INT32 REQUIRED - -',
      'tree BYTE_ARRAY REQUIRED UTF8 -',
    ])
    rmSync(join(directory, 'c'), { recursive: true })
    await written('hf')
    const bare = await asyncBufferFromFile(join(directory, 'c', 'data', 'test-00000-of-00001.parquet'))
    expect((await parquetMetadataAsync(bare)).schema.map(({ name }) => name)).toEqual([
      'root',
      'id',
      'text',
      'input_ids',
      'list',
      'element',
    ])
  })

  test('says in its card where its splits are and what they are', async () => {
    await written('hf')
    const card = content('README.md')
    expect(card).toMatch(/^---\n(.*\n)* *path: data\/train-\*\.parquet\n(.*\n)*---\n# numbers\n/)
    expect(card).toMatch(/3 training and 1 test strings of 2 tokens/)
    expect(card).toMatch(/tokens 0\.\.11/)
  })
})

describe('a corpus folder', () => {
  test.each(['jsonl', 'npy', 'hf'] as const)('of %s is described by its manifest', async (format) => {
    const seen: number[] = []
    const onProgress = (strings: number) => seen.push(strings)
    const manifest = await writeCorpus(join(directory, 'c'), source, spec, { format, onProgress })
    expect(seen).toEqual([2, 3, 4])
    const digest = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')
    expect(manifest).toMatchObject({
      kind: 'corpus',
      spec,
      strings: '144',
      grammarSha256: digest('{"made":"by hand"}'),
      tokensPerString: 2,
      vocabulary: 12,
      format,
    })
    expect(Object.values(manifest.files).map(({ split, count }) => [split, count])).toEqual([
      ['train', 3],
      ['test', 1],
    ])
    for (const [name, { sha256, bytes }] of Object.entries(manifest.files)) {
      expect(sha256).toBe(digest(readFileSync(join(directory, 'c', name))))
      expect(bytes).toBe(statSync(join(directory, 'c', name)).size)
    }
    expect(JSON.parse(content('manifest.json'))).toEqual(manifest)
    expect(JSON.parse(content('grammar.json'))).toEqual({ made: 'by hand' })
    // Nothing else.
    const files = Object.keys(manifest.files).map((name) => name.split('/')[0])
    const card = format === 'hf' ? ['README.md'] : []
    expect(readdirSync(join(directory, 'c')).sort()).toEqual(
      [...new Set([...files, ...card, 'grammar.json', 'manifest.json'])].sort(),
    )
  })

  test('of a language of unknown size does not name it', async () => {
    const { strings: _, ...unknown } = source
    expect(await written('jsonl', false, unknown)).not.toHaveProperty('strings')
  })

  test('needs no trees that are not asked for, is refused without those that are, and where it exists', async () => {
    const flat: Source = {
      ...source,
      *stream(asked) {
        for (const { tree: _, ...block } of source.stream(asked)) yield block
      },
    }
    for (const format of ['jsonl', 'hf'] as const)
      await expect(written(format, true, flat)).rejects.toThrow('tree: got true, expected false')
    expect(readdirSync(directory)).toEqual([])
    for (const format of ['jsonl', 'hf'] as const) {
      await written(format, false, flat)
      rmSync(join(directory, 'c'), { recursive: true })
    }
    mkdirSync(join(directory, 'c'))
    await expect(written('jsonl')).rejects.toThrow(/^out/)
  })
})
