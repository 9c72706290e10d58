import type { TokenMatrix } from '../common/strings.js'
import type { CorpusSpec, Split } from './spec.js'
import type { Truth } from './truth.js'

/**
 * Where strings come from: a grammar, a text. Everything above this room reads strings through it and never asks what kind it is.
 * Strings have T tokens 0..V−1 each; what is not known exactly about them is absent from `truth`.
 */
export interface Source {
  /** For people, such as "Random Hierarchy Model (v=8, m=2, s=2, L=4): 262144 strings of 16 tokens". */
  readonly description: string
  /** T: tokens per string. */
  readonly length: number
  /** V: tokens are 0..V−1. */
  readonly vocabulary: number
  /** Strings of the language, where that is known. */
  readonly strings?: bigint
  /** How a token is written. */
  text(token: number): string
  /** Strings in blocks, training split first; string i of a split is a pure function of (spec.seed, i). */
  stream(spec: CorpusSpec): Iterable<CorpusBlock>
  readonly truth: Truth
  /** What a run keeps of it as grammar.json, and reads it back from. */
  readonly file: unknown
  /** Its numbers as columns of tables. */
  readonly columns: Readonly<Record<string, number>>
}

/** A block of consecutive strings of one split. */
export interface CorpusBlock {
  readonly split: Split
  /** Index of the first string within its split. */
  readonly first: number
  readonly strings: TokenMatrix
  /** Latent levels of string i of the block, root first, tokens left out; where the source has any. */
  tree?(i: number): readonly (readonly number[])[]
}

/** A corpus in memory. */
export interface Corpus {
  readonly train: TokenMatrix
  readonly test: TokenMatrix
}

/**
 * Draws a corpus that fits in memory. Throws InputError where the source has too few strings.
 *
 * @example
 * ```ts
 * import { drawCorpus, rhmSource, stringSet } from 'pcfg-diffusion/corpus'
 * import { compile, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const source = rhmSource(compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' })))
 * const { train, test } = drawCorpus(source, { train: 1000, test: 24, seed: '0' })
 * stringSet(train).size // → 1000
 * // All other strings of the language: none is a training string.
 * stringSet(train).find(test.tokens) // → -1
 * ```
 */
export function drawCorpus(source: Pick<Source, 'length' | 'stream'>, spec: CorpusSpec): Corpus {
  const { length } = source
  const empty = (count: number) => ({ tokens: new Int32Array(count * length), count, length })
  const splits = { train: empty(spec.train), test: empty(spec.test) }
  for (const { split, first, strings } of source.stream(spec))
    splits[split].tokens.set(strings.tokens, first * length)
  return splits
}
