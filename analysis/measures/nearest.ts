import { z } from 'zod'
import { firstRows, type TokenMatrix } from '../../common/strings.js'
import type { Measure } from './measure.js'

const schema = z.strictObject({
  strings: z.int().describe('samples, and held-out strings, that were compared: the first so many of each'),
  sampled: z
    .array(z.number())
    .describe('share of samples whose nearest training string differs in h tokens, h = 0..T'),
  heldOut: z.array(z.number()),
  divergence: z
    .number()
    .describe(
      'KL(sampled‖heldOut) of the two, half a string added to every bin: it rises when samples come nearer',
    ),
})

/**
 * Distances to the nearest training string, of samples and of as many held-out strings.
 *
 * @useDeclaredType
 */
export type NearestDistances = z.output<typeof schema>

export const nearest: Measure<NearestDistances> = {
  version: 2,
  needs: ['train', 'test'],
  schema,
  prepare:
    ({ train, test }) =>
    ({ samples }) =>
      nearestDistances(train!, samples, test!),
  columns: ({ divergence }) => [{ name: 'nearest divergence', value: divergence }],
}

/** Strings compared, at most: the cost is strings · P · T. */
const MOST = 256

export function nearestDistances(
  train: TokenMatrix,
  samples: TokenMatrix,
  heldOut: TokenMatrix,
): NearestDistances {
  const strings = Math.min(MOST, samples.count, heldOut.count)
  const sampled = histogram(train, firstRows(samples, strings))
  const held = histogram(train, firstRows(heldOut, strings))
  const bins = train.length + 1
  const smooth = (share: number) => (share * strings + 0.5) / (strings + bins / 2)
  const divergence = sampled.reduce(
    (sum, share, h) => sum + smooth(share) * Math.log(smooth(share) / smooth(held[h]!)),
    0,
  )
  return { strings, sampled, heldOut: held, divergence }
}

/** Shares of strings by Hamming distance to the nearest training string. */
function histogram(train: TokenMatrix, strings: TokenMatrix): number[] {
  const { length } = train
  const counts = new Int32Array(length + 1)
  for (let i = 0; i < strings.count; i++) {
    let nearest = length
    for (let n = 0; n < train.count && nearest > 0; n++) {
      let distance = 0
      for (let t = 0; t < length && distance < nearest; t++)
        if (train.tokens[n * length + t] !== strings.tokens[i * length + t]) distance++
      nearest = Math.min(nearest, distance)
    }
    counts[nearest]!++
  }
  return Array.from(counts, (n) => n / strings.count)
}
