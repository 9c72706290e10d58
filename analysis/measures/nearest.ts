import { firstRows, type TokenMatrix } from '../../common/strings.js'

/** Distances to the nearest training string, of samples and of as many held-out strings. */
export interface NearestDistances {
  /** sampled[h]: share of samples whose nearest training string differs in h tokens, h = 0..T. */
  readonly sampled: readonly number[]
  readonly heldOut: readonly number[]
  /** KL(sampled‖heldOut) of the two histograms, with half a string added to every bin: it rises when samples come nearer. */
  readonly divergence: number
}

/** Strings compared, at most: the cost is strings · P · T. */
const MOST = 256

export function nearestDistances(
  train: TokenMatrix,
  samples: TokenMatrix,
  heldOut: TokenMatrix,
): NearestDistances {
  const count = Math.min(MOST, samples.count, heldOut.count)
  const [sampled, held] = [samples, heldOut].map((strings) =>
    histogram(train, firstRows(strings, count)),
  ) as [number[], number[]]
  const bins = train.length + 1
  const smooth = (share: number) => (share * count + 0.5) / (count + bins / 2)
  const divergence = sampled.reduce(
    (sum, share, h) => sum + smooth(share) * Math.log(smooth(share) / smooth(held[h]!)),
    0,
  )
  return { sampled, heldOut: held, divergence }
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
