import { InputError } from '../../../common/error.js'
import type { Denoiser } from '../../denoiser.js'
import { fillInOrder, stringStreams } from '../../samplers/fill.js'
import { randomOrder } from './random-order.js'

/**
 * Fills the hidden tokens of partially masked strings, one per call in uniformly random order; visible tokens stay. String i
 * is a pure function of (seed, i) and the denoiser. Throws InputError where the denoiser does not fill masks.
 *
 * @param masked [B, T], MASK = V where hidden
 * @returns [B, T]
 */
export async function infill(denoiser: Denoiser, masked: Int32Array, seed: string): Promise<Int32Array> {
  requireMasks(denoiser)
  const { length: T, vocabulary: V } = denoiser
  const out = masked.slice()
  const count = masked.length / T
  for (let first = 0; first < count; first += denoiser.preferredBatch) {
    const size = Math.min(denoiser.preferredBatch, count - first)
    const strings = out.subarray(first * T, (first + size) * T)
    const streams = stringStreams(seed, first, size)
    const orders = streams.map((random, i) => {
      const hidden = Array.from({ length: T }, (_, t) => t).filter((t) => strings[i * T + t] === V)
      return randomOrder(random, hidden.length).map((at) => hidden[at]!)
    })
    await fillInOrder(denoiser, strings, orders, streams, 1)
  }
  return out
}

/** Throws InputError for a denoiser of another process, which would take hidden tokens for noisy or later ones. */
export function requireMasks({ process }: Denoiser): void {
  if (!process.fillsMasks)
    throw new InputError('denoiser.process', process.name, 'one that learns to fill masks')
}
