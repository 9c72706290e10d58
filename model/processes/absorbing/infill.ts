import { InputError } from '../../../common/error.js'
import { drawSubset } from '../../../common/random.js'
import type { Denoiser } from '../../denoiser.js'
import { drawToken } from '../../samplers/draw.js'
import { stringStreams } from '../../samplers/fill.js'

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
      const order = new Int32Array(hidden.length)
      drawSubset(random, hidden.length, hidden.length, order)
      return order.map((at) => hidden[at]!)
    })
    const most = Math.max(...orders.map((order) => order.length))
    for (let step = 0; step < most; step++) {
      const predictions = await denoiser.logProbabilities(strings)
      for (const [i, order] of orders.entries()) {
        if (step >= order.length) continue
        const at = i * T + order[step]!
        strings[at] = drawToken(predictions, at * V, V, 1, streams[i]!)
      }
    }
  }
  return out
}

/** Throws InputError for a denoiser of another process, which would take hidden tokens for noisy or later ones. */
export function requireMasks({ process }: Denoiser): void {
  if (!process.fillsMasks)
    throw new InputError('denoiser.process', process.name, 'one that learns to fill masks')
}
