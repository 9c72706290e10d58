import type { NoisyStrings } from '../common/noisy-strings.js'
import type { Random } from '../common/random.js'
import type { TokenMatrix } from '../common/strings.js'
import type { BatchArrays, BatchPart } from './batch.js'
import type { Value } from './graph/graph.js'
import type { Nelbo } from './nelbo.js'
import type { RowSelection } from './operators/shape.js'
import type { SampleOptions, SamplerConfig } from './samplers/config.js'

/**
 * How strings are corrupted, what is learned from that, and how it is undone. Each kind has a folder in `processes/`; nothing else
 * asks which kind it is. It and {@link Denoiser} are two sides of one thing, so they share a file.
 */
export interface Process {
  /** What is learned, for people: "to fill masks". */
  readonly name: string
  /** Whether hidden tokens are MASK = V and visible ones true: what oracles, infilling and exports are about. */
  readonly fillsMasks: boolean
  /** What the T parts of its bound belong to. */
  readonly boundOver: 'mask counts' | 'positions' | 'times'
  /** Places that the network's input lags behind what it predicts; MASK stands before the first token. */
  readonly lag: number
  /** Its steps, where networks are told the step of each string. */
  readonly times?: number
  /** The arrays of a batch, per chunk of n strings of T tokens; `tokens` [T, n] among them is what the network reads, with `times` [n] where it is told. */
  parts(length: number, strings: number): readonly BatchPart[]
  /** Fills one training step's batch. */
  fill(clean: CleanBatch, random: Random, out: BatchArrays): void
  /** The rows whose logits the losses want; undefined where all. */
  chosen(input: ChunkInput, shape: ChunkShape): RowSelection | undefined
  /**
   * The weighted losses of a chunk, [R, 1]; their sum over a batch is its loss in nats per token.
   *
   * @param logits [R, V], of the chosen rows
   */
  losses(logits: Value, input: ChunkInput, shape: ChunkShape): Value
  /** The first of these options that nothing would read; undefined where all are. */
  unread(options: { readonly sampler: SamplerConfig; readonly exact: boolean }): Unread | undefined
  /**
   * Draws strings from a denoiser of this process; string i is a pure function of (seed, first + i) and the denoiser.
   *
   * @param strings [B, T] all MASK; filled in place
   * @param first index of the batch's first string
   */
  sample(denoiser: Denoiser, strings: Int32Array, first: number, options: SampleOptions): Promise<void>
  /**
   * The bound on −ln p of a set of strings that belongs to what is learned, nats per string. On average over the language none is
   * below its entropy.
   *
   * @param exact sums over all noise instead of sampling it, where that can be done
   */
  bound(denoiser: Denoiser, strings: TokenMatrix, seed: string, exact?: boolean): Promise<Nelbo>
  /**
   * The mean bound of a denoiser that knows the language and has the least bound on average over it; of a set of strings, with the
   * noise that `bound` has under the same seed. Undefined where the truth does not say it. Absent: −ln p, which the bound reaches.
   */
  floor?(truth: NoiseTruth, strings: TokenMatrix, seed: string): Promise<number | undefined>
}

/** What a floor is computed from, as far as it is known of a language. */
export interface NoiseTruth {
  noisy?(): NoisyStrings
}

/** A field that nothing reads, its value, and what would be right. */
export type Unread = readonly [field: string, value: unknown, expected: string]

/** One chunk's part of a batch by name, as a graph value. */
export type ChunkInput = (name: string) => Value

/** n strings of T tokens. */
export interface ChunkShape {
  readonly length: number
  readonly strings: number
}

/** Strings of one training step, before the process acts on them. */
export interface CleanBatch {
  /** [B, T] row-major. */
  readonly strings: Int32Array
  /** T */
  readonly length: number
  /** V; MASK is V too. */
  readonly vocabulary: number
  /** Strings per chunk: the batch divided by its prime factors, smallest first. */
  readonly chunk: number
}

/**
 * Anything that predicts tokens: a trained network, an exact posterior, a memoriser. Samplers and metrics see only this.
 */
export interface Denoiser {
  /** T: tokens per string. */
  readonly length: number
  /** V: symbols it predicts; MASK = V marks a hidden token. */
  readonly vocabulary: number
  /** What it undoes. */
  readonly process: Process
  /** Strings per call that it likes best. */
  readonly preferredBatch: number
  /**
   * Predictions for a batch of strings, as its process reads them: under masking ln p(token | visible tokens), for an
   * autoregressive one ln p(token | tokens before it) at every position, under uniform noise what is put for x_0 into Bayes' rule
   * for one step of every token, at best ln p(x_0 | all other tokens of x_t).
   *
   * @param strings [B, T] row-major, MASK = V where hidden
   * @param times [B]: the step of each string, from 1, where the process has steps; read by those that are told (`process.times`)
   * @returns [B, T, V], nats. Under masking meaningful at hidden positions; −∞ throughout a position whose visible
   *   evidence is impossible
   */
  logProbabilities(strings: Int32Array, times?: Int32Array): Promise<Float64Array>
  /**
   * A shortcut some have: reveals every token in a given order, one per prediction, as the samplers would.
   *
   * @param orders [B, T]: the position that each string reveals at each step
   * @param uniforms [B, T]: the number in [0, 1) that picks the token of each step
   * @returns [B, T]
   */
  reveal?(orders: Int32Array, uniforms: Float64Array, temperature: number): Promise<Int32Array>
  /**
   * A shortcut some have: Σ −ln p(truth) over the hidden tokens of each string, in nats.
   *
   * @param strings [B, T] with MASK
   * @param truth [B, T]
   * @returns [B]
   */
  hiddenLoss?(strings: Int32Array, truth: Int32Array): Promise<Float64Array>
}
