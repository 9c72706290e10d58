import { type Assembly, assemble } from '../run/assembly.js'
import { runSchema } from '../run/config.js'

/** What training steps are timed at. */
export interface Size {
  /** Grammar (v, m, 2, L): strings of T = 2^L tokens. */
  readonly v: number
  readonly m: number
  readonly L: number
  /** B. */
  readonly batch: number
  /** D. */
  readonly width: number
  readonly layers: number
  readonly heads?: number
  /** K: optimiser steps per timed call. */
  readonly steps: number
  /** Of PyTorch eager's time over ours. */
  readonly target: string
}

export const SIZES: Readonly<Record<string, Size>> = {
  study: { v: 8, m: 3, L: 3, batch: 32, width: 32, layers: 2, steps: 640, target: '≥ 3' },
  quick: { v: 8, m: 2, L: 4, batch: 32, width: 32, layers: 2, steps: 320, target: '' },
  tiny: { v: 32, m: 4, L: 3, batch: 128, width: 64, layers: 2, steps: 96, target: '≥ 1.6' },
  small: { v: 64, m: 4, L: 4, batch: 256, width: 128, layers: 4, steps: 2, target: '≥ 1.1' },
  medium: { v: 256, m: 4, L: 6, batch: 64, width: 256, layers: 6, heads: 8, steps: 1, target: '≥ 0.85' },
}

/** The run of a size: its learning rate is constant, so that a peer need not know of schedules, and its gradients are clipped. */
export function assemblyOf({ v, m, L, batch, width, layers, heads = 4 }: Size): Assembly {
  const config = runSchema.parse({
    grammar: { v, m, s: 2, L, seed: 'bench' },
    corpus: { train: 512, test: 1 },
    model: { layers, width, heads },
    optimiser: { warmup: 0, clipNorm: 0.5 },
    batch,
  })
  return assemble(config)
}
