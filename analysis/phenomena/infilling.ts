import { z } from 'zod'
import { stream, uniformInteger } from '../../common/random.js'
import type { TokenMatrix } from '../../common/strings.js'
import type { Levels } from '../../corpus/truth.js'
import type { Denoiser } from '../../model/denoiser.js'
import { infill } from '../../model/processes/absorbing/infill.js'

export const infillingPoint = z.strictObject({
  level: z.int(),
  aligned: z
    .boolean()
    .describe('whether the stretch is a block of the grammar, or lies half a block beside one'),
  train: z.number(),
  heldOut: z.number(),
})

/**
 * How often a hidden stretch of s^ℓ tokens is filled with exactly what stood there.
 *
 * @useDeclaredType
 */
export type InfillingPoint = z.output<typeof infillingPoint>

/**
 * Extraction by infilling: one stretch of every string is hidden and sampled. What a network recovers of training strings beyond
 * held-out ones it remembers. Levels 1..L−1; the same stretches for every denoiser under one seed.
 */
export async function infilling(
  denoiser: Denoiser,
  levels: Levels,
  train: TokenMatrix,
  heldOut: TokenMatrix,
  seed: string,
): Promise<InfillingPoint[]> {
  const points: InfillingPoint[] = []
  for (let level = 1; level < levels.depth; level++) {
    for (const aligned of [true, false]) {
      const rate = (strings: TokenMatrix, name: string) =>
        recovered(denoiser, levels, strings, level, aligned, `${seed}/${name}/${level}/${aligned}`)
      points.push({
        level,
        aligned,
        train: await rate(train, 'train'),
        heldOut: await rate(heldOut, 'held-out'),
      })
    }
  }
  return points
}

async function recovered(
  denoiser: Denoiser,
  levels: Levels,
  strings: TokenMatrix,
  level: number,
  aligned: boolean,
  seed: string,
): Promise<number> {
  const { length: T, vocabulary } = denoiser
  const nodes = levels.nodes(level)
  const length = T / nodes
  const masked = strings.tokens.slice()
  const from = Array.from({ length: strings.count }, (_, i) => {
    const random = stream(seed, 'stretch', i)
    if (aligned) return uniformInteger(random, nodes) * length
    return uniformInteger(random, nodes - 1) * length + Math.ceil(length / 2)
  })
  from.forEach((start, i) => {
    masked.fill(vocabulary, i * T + start, i * T + start + length)
  })
  const filled = await infill(denoiser, masked, seed)
  const whole = from.filter((_, i) => {
    for (let t = 0; t < T; t++) if (filled[i * T + t] !== strings.tokens[i * T + t]) return false
    return true
  })
  return whole.length / strings.count
}
