import type { Batch } from '../../batch.js'
import type { CleanBatch } from '../../process.js'

/** Every token is predicted from those before it: the network reads the string moved one place on, MASK in front. */
export function shiftBatch({ strings, length, vocabulary, chunk }: CleanBatch, out: Batch): void {
  const batch = strings.length / length
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      const row = (Math.floor(b / chunk) * length + t) * chunk + (b % chunk)
      out.tokens[row] = t === 0 ? vocabulary : strings[b * length + t - 1]!
      out.targets[row] = strings[b * length + t]!
      out.weights[row] = 1 / (batch * length)
    }
  }
}
