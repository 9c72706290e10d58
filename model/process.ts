import type { Random } from '../common/random.js'
import type { Batch } from './batch.js'
import { maskBatch } from './processes/absorbing/batch.js'
import type { LossKind, Schedule } from './processes/absorbing/schedule.js'
import { shiftBatch } from './processes/autoregressive/autoregressive.js'
import { corruptBatch } from './processes/uniform/chain.js'

/**
 * How strings are corrupted and what is predicted from them.
 *
 * - absorbing: tokens turn into MASK and are predicted from the visible ones (arXiv 2406.04329).
 * - uniform: tokens turn into uniformly random ones over a chain of steps, D3PM (arXiv 2107.03006).
 * - autoregressive: nothing is corrupted; every token is predicted from those before it.
 */
export type Process =
  | { readonly kind: 'absorbing'; readonly schedule: Schedule; readonly loss: LossKind }
  | UniformProcess
  | { readonly kind: 'autoregressive' }

export interface UniformProcess {
  readonly kind: 'uniform'
  /** Steps of the chain. */
  readonly steps: number
  /** β of the first and of the last step; linear in between. */
  readonly first: number
  readonly last: number
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

/** Fills one training step's batch. */
export function corrupt(process: Process, clean: CleanBatch, random: Random, out: Batch): void {
  if (process.kind === 'absorbing') maskBatch(process, clean, random, out)
  else if (process.kind === 'uniform') corruptBatch(process, clean, random, out)
  else shiftBatch(clean, out)
}
