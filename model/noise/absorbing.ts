import { drawSubset, type Random, uniformInteger } from '../../common/random.js'
import { type Batch, spreadEvenly } from './batch.js'
import type { CleanBatch, Process } from './process.js'
import { boundWeight, visibleProbability } from './schedule.js'

/**
 * Masks B strings for one training step. Mask counts (or times) are low-discrepancy over the batch, t = (u + i)/B for
 * i = 0..B−1 in an order that spreads them evenly over every chunk too; chunks never change which tokens are hidden.
 */
export function maskBatch(
  { schedule, loss }: Extract<Process, { kind: 'absorbing' }>,
  clean: CleanBatch,
  random: Random,
  out: Batch,
): void {
  const { strings, length, chunk } = clean
  const batch = strings.length / length
  const hidden = new Uint8Array(strings.length)
  const weights = new Float32Array(batch).fill(1)
  const order = new Int32Array(length)
  const spread = spreadEvenly(batch)
  const shift = uniformInteger(random, batch)
  // 24 bits, so that no rounding carries a count over its bound.
  const u = Math.floor(random() * 2 ** 24) / 2 ** 24
  let maskedTotal = 0
  for (let b = 0; b < batch; b++) {
    const t = (u + ((spread[b]! + shift) % batch)) / batch
    if (loss === 'mask-count') {
      const k = Math.floor(length * t) + 1
      drawSubset(random, length, k, order)
      for (let i = 0; i < k; i++) hidden[b * length + order[i]!] = 1
      weights[b] = 1 / (k * batch)
    } else {
      const visible = visibleProbability(schedule, t)
      for (let i = 0; i < length; i++) {
        const hide = random() < visible ? 0 : 1
        hidden[b * length + i] = hide
        maskedTotal += hide
      }
      if (loss === 'elbo') weights[b] = boundWeight(schedule, t) / (batch * length)
    }
  }
  if (loss === 'unweighted') weights.fill(1 / Math.max(1, maskedTotal))
  for (let c = 0; c < batch / chunk; c++) writeChunk(c, clean, hidden, weights, out)
}

/** Writes chunk c token-major, and lists its rows that carry loss. */
function writeChunk(
  c: number,
  clean: CleanBatch,
  hidden: Uint8Array,
  weights: Float32Array,
  out: Batch,
): void {
  const { strings, length, vocabulary, chunk } = clean
  const scoredRows = (out.targets.length * chunk * length) / strings.length
  const [firstRow, firstPlace] = [c * chunk * length, c * scoredRows]
  let place = 0
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < chunk; j++) {
      const row = i * chunk + j
      const b = c * chunk + j
      const at = b * length + i
      out.tokens[firstRow + row] = hidden[at] ? vocabulary : strings[at]!
      const scored = !out.rows || hidden[at]
      if (out.places) out.places[firstRow + row] = scored ? place : scoredRows
      if (!scored) continue
      if (out.rows) out.rows[firstPlace + place] = row
      out.targets[firstPlace + place] = strings[at]!
      out.weights[firstPlace + place] = hidden[at] ? weights[b]! : 0
      place++
    }
  }
  for (const data of [out.rows, out.targets, out.weights])
    data?.fill(0, firstPlace + place, firstPlace + scoredRows)
}
