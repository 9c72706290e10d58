import { drawSubset, type Random, uniformInteger } from '../../../common/random.js'
import { type Batch, spreadEvenly, stringOfColumn } from '../../batch.js'
import type { CleanBatch, Process } from '../../process.js'
import { boundWeight, visibleProbability } from './schedule.js'

/**
 * Masks B strings for one training step. Levels of noise are low-discrepancy over the batch, t = (u + i)/B for i < B/2 in
 * an order that spreads them evenly over every chunk too, and antithetic: strings 2p and 2p + 1 get t and 1 − t, or k and
 * T + 1 − k masks. Chunks never change which tokens are hidden.
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
  const pairs = Math.floor(batch / 2)
  const spread = spreadEvenly(pairs)
  const shift = uniformInteger(random, Math.max(1, pairs))
  // 24 bits, so that no rounding carries a count over its bound.
  const u = Math.floor(random() * 2 ** 24) / 2 ** 24
  let maskedTotal = 0
  for (let b = 0; b < batch; b++) {
    const pair = b >> 1
    // An odd batch's last string has no mate and takes the level in the middle.
    const t = (u + (pair < pairs ? (spread[pair]! + shift) % pairs : pairs)) / batch
    const mate = b % 2 === 1
    if (loss === 'mask-count') {
      const count = Math.floor(length * t) + 1
      const k = mate ? length + 1 - count : count
      drawSubset(random, length, k, order)
      for (let i = 0; i < k; i++) hidden[b * length + order[i]!] = 1
      weights[b] = 1 / (k * batch)
    } else {
      const time = mate ? 1 - t : t
      const visible = visibleProbability(schedule, time)
      for (let i = 0; i < length; i++) {
        const hide = random() < visible ? 0 : 1
        hidden[b * length + i] = hide
        maskedTotal += hide
      }
      if (loss === 'elbo') weights[b] = boundWeight(schedule, time) / (batch * length)
    }
  }
  if (loss === 'unweighted') weights.fill(1 / Math.max(1, maskedTotal))
  for (let c = 0; c < batch / chunk; c++) writeChunk(c, clean, hidden, weights, out)
}

/**
 * Writes chunk c token-major and lists its rows that carry loss, those of every pair of strings in turn: row s·n/2 + p of
 * the list is pair p's.
 */
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
  const pairs = chunk % 2 === 0 ? chunk / 2 : 1
  let end = 0
  for (let p = 0; p < pairs; p++) {
    let slot = p
    for (let j = p; j < chunk; j += pairs) {
      const b = c * chunk + stringOfColumn(j, chunk)
      for (let i = 0; i < length; i++) {
        const row = i * chunk + j
        const at = b * length + i
        const scored = !out.rows || hidden[at]
        const place = out.rows ? slot : row
        out.tokens[firstRow + row] = hidden[at] ? vocabulary : strings[at]!
        if (out.places) out.places[firstRow + row] = scored ? place : scoredRows
        if (!scored) continue
        if (out.rows) out.rows[firstPlace + place] = row
        out.targets[firstPlace + place] = strings[at]!
        out.weights[firstPlace + place] = hidden[at] ? weights[b]! : 0
        slot += pairs
      }
    }
    end = slot
  }
  // An odd chunk may have rows to spare.
  if (!out.rows || chunk % 2 === 0) return
  for (const data of [out.rows, out.targets, out.weights])
    data.fill(0, firstPlace + end, firstPlace + scoredRows)
}
