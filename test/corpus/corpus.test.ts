import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { row, stringSet, type TokenMatrix } from '../../common/strings.js'
import { readTokenFile } from '../../corpus/files/read.js'
import { type CorpusFormat, writeCorpus } from '../../corpus/files/write.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { logProbabilities } from '../../grammar/rhm/probability.js'
import { countStrings, randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { smallGrammar } from '../grammar/arbitrary.js'

const text = (matrix: TokenMatrix) => Array.from({ length: matrix.count }, (_, i) => row(matrix, i).join(' '))
const tables = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: '1' }))
const source = rhmSource(tables)
const zipf = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: '1', weights: { kind: 'zipf', exponent: 1 } }))

describe('a corpus', () => {
  test('has distinct strings, no test string among them, all in the language (law 4)', () => {
    fc.assert(
      fc.property(
        smallGrammar,
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (grammar, seed, share) => {
          const small = compile(grammar)
          const size = Number(countStrings(grammar))
          // Unequal rules make rare strings hard to find by rejection, so those corpora stay small.
          const total = grammar.levels.some((level) => level.probabilities) ? Math.ceil(size / 10) : size
          const train = Math.floor(total * share)
          const corpus = drawCorpus(rhmSource(small), { train, test: total - train, seed })
          const all = [...text(corpus.train), ...text(corpus.test)]
          expect(new Set(all).size).toBe(total)
          for (const split of [corpus.train, corpus.test]) {
            expect(logProbabilities(small, split).every((log) => log > Number.NEGATIVE_INFINITY)).toBe(true)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test.each([
    ['uniform', source],
    ['zipf', rhmSource(zipf)],
  ] as const)('string i does not depend on how many are drawn (law 15), %s rules', (_, strings) => {
    const many = text(drawCorpus(strings, { train: 3000, test: 0, seed: 'a' }).train)
    const few = text(drawCorpus(strings, { train: 700, test: 300, seed: 'a' }).train)
    expect(many.slice(0, 700)).toEqual(few)
    const independent = { test: 0, seed: 'a', replacement: true }
    const drawn = text(drawCorpus(strings, { train: 3000, ...independent }).train)
    expect(drawn.slice(0, 1500)).toEqual(text(drawCorpus(strings, { train: 1500, ...independent }).train))
  })

  test('where training strings cover all that has a probability, none can be held out: refused, and soon', () => {
    // Of two strings one has probability 0.
    const weights = { kind: 'given', weights: [[1, 0]] } as const
    const source = rhmSource(compile(randomRhm({ v: 3, m: 2, s: 2, L: 1, n: 1, seed: 'a', weights })))
    expect(() => drawCorpus(source, { train: 5, test: 1, seed: 'a', replacement: true })).toThrow(
      /test: got 1, expected fewer strings/,
    )
  })

  test('with replacement repeats training strings but never holds one out', () => {
    const small = rhmSource(compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: '0' })))
    const corpus = drawCorpus(small, { train: 20, test: 50, seed: 'a', replacement: true })
    const train = new Set(text(corpus.train))
    expect(train.size).toBeLessThan(20)
    expect(text(corpus.test).some((string) => train.has(string))).toBe(false)
  })

  test('with duplicates holds every drawn string that many times', () => {
    const corpus = drawCorpus(source, { train: 40, test: 10, seed: 'a', duplicates: 4 })
    expect(stringSet(corpus.train).size).toBe(10)
    expect(new Set([...text(corpus.train), ...text(corpus.test)]).size).toBe(20)
  })

  test('follows the rule probabilities when strings are drawn independently', () => {
    const corpus = drawCorpus(rhmSource(zipf), { train: 20_000, test: 0, seed: 'z', replacement: true })
    const exact = -logProbabilities(zipf, corpus.train).reduce((sum, log) => sum + log, 0) / 20_000
    const uniform =
      -logProbabilities(zipf, drawCorpus(source, { train: 2000, test: 0, seed: 'u' }).train).reduce(
        (sum, log) => sum + log,
        0,
      ) / 2000
    // E[−ln p] under p is the entropy, below what uniformly drawn strings of the same language give.
    expect(exact).toBeLessThan(uniform - 0.3)
  })

  test('that asks for more strings than the language has is refused', () => {
    expect(() => [...source.stream({ train: 17_000, test: 497, seed: 'a' })]).toThrow(
      /^train: got 17000, expected P \+ Q of at most \|X\| = 17496/,
    )
  })
})

describe('corpus files', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'corpus-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const spec = { train: 1500, test: 20, seed: 'f' }
  const formats: readonly CorpusFormat[] = ['jsonl', 'npy', 'hf']
  const drawn = drawCorpus(source, spec)
  const shape = { length: tables.d, vocabulary: tables.v }

  test.each(['jsonl', 'npy'] as const)('written as %s read back to the same strings', async (format) => {
    const out = join(directory, 'c')
    const manifest = await writeCorpus(out, source, spec, { format })
    expect(readTokenFile(join(out, `train.${format}`), 'train', shape).tokens).toEqual(drawn.train.tokens)
    expect(readTokenFile(join(out, `test.${format}`), 'test', shape).tokens).toEqual(drawn.test.tokens)
    expect(manifest.files[`train.${format}`]!.count).toBe(1500)
    expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))).toEqual(manifest)
  })

  test('written for Hugging Face datasets read back to the same strings and trees', async () => {
    const out = join(directory, 'hf')
    await writeCorpus(out, source, spec, { format: 'hf', tree: true })
    const rows = await parquetReadObjects({
      file: await asyncBufferFromFile(join(out, 'data/train-00000-of-00001.parquet')),
    })
    expect(rows.length).toBe(1500)
    expect(rows.flatMap((r) => r.input_ids)).toEqual(Array.from(drawn.train.tokens))
    expect((JSON.parse(rows[0]!.tree as string) as number[][]).map((level) => level.length)).toEqual([
      1, 2, 4,
    ])
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toMatch(/^---\nconfigs:/)
  })

  test('for Hugging Face datasets come in row groups of 50,000', async () => {
    const out = join(directory, 'groups')
    await writeCorpus(out, source, { train: 60_000, test: 5, seed: 'f', duplicates: 10 }, { format: 'hf' })
    const groups = async (split: string) => {
      const file = await asyncBufferFromFile(join(out, `data/${split}-00000-of-00001.parquet`))
      return (await parquetMetadataAsync(file)).row_groups.map((group) => group.num_rows)
    }
    expect(await groups('train')).toEqual([50_000n, 10_000n])
    expect(await groups('test')).toEqual([5n])
  })

  test.each(formats)('of any source are drawn once and say what is known: %s', async (format) => {
    const { tables: _, strings: __, ...unknown } = source
    let draws = 0
    const counted = {
      ...unknown,
      *stream(asked: typeof spec) {
        draws++
        yield* source.stream(asked)
      },
    }
    const seen: number[] = []
    const onProgress = (strings: number) => seen.push(strings)
    const manifest = await writeCorpus(join(directory, 'any'), counted, spec, { format, onProgress })
    expect(draws).toBe(1)
    expect(seen).toEqual([1024, 1500, 1520])
    const { strings, ...rest } = await writeCorpus(join(directory, 'known'), source, spec, { format })
    expect(strings).toBe('17496')
    expect(manifest).toEqual(rest)
  })

  test('keep every latent level, root first', async () => {
    const out = join(directory, 't')
    await writeCorpus(out, source, { ...spec, train: 2 }, { format: 'jsonl', tree: true })
    const [line] = readFileSync(join(out, 'train.jsonl'), 'utf8').split('\n')
    const { id, tokens, tree } = JSON.parse(line!) as { id: number; tokens: number[]; tree: number[][] }
    expect(id).toBe(0)
    expect(tokens).toHaveLength(8)
    expect(tree.map((level) => level.length)).toEqual([1, 2, 4])
  })

  test('that cannot be finished leave nothing behind', async () => {
    const out = join(directory, 'bad')
    await expect(writeCorpus(out, source, { ...spec, train: 20_000 }, { format: 'jsonl' })).rejects.toThrow(
      /^train/,
    )
    const flat = {
      ...source,
      *stream(asked: typeof spec) {
        for (const { tree: _, ...block } of source.stream(asked)) yield block
      },
    }
    await expect(writeCorpus(out, flat, spec, { format: 'hf', tree: true })).rejects.toThrow(
      /^tree: got true/,
    )
    expect(existsSync(out)).toBe(false)
  })
})
