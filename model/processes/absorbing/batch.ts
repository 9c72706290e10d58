import { drawSubset, type Random, uniformInteger } from '../../../common/random.js'
import { type BatchArrays, spreadEvenly } from '../../batch.js'
import type { BatchLayout } from '../../batch-layout.js'
import type { CleanBatch } from '../../denoiser.js'
import type { AbsorbingConfig } from './config.js'
import { boundWeight, visibleProbability } from './schedule.js'

/**
 * Masks B strings for one training step. Levels of noise are low-discrepancy over the batch, t = (u + i)/B for i < B/2 in
 * an order that spreads them evenly over every chunk too, and antithetic: strings 2p and 2p + 1 get t and 1 − t, or k and
 * T + 1 − k masks. Chunks never change which tokens are hidden.
 *
 * A row's target is what it should predict, its weight what its loss counts for. Layouts that choose rows list them, padded with
 * row 0 at weight 0, and each row's place among them, or R.
 */
export function maskBatch(
  { loss, schedule = { kind: 'linear' } }: AbsorbingConfig,
  layout: BatchLayout,
  clean: CleanBatch,
  random: Random,
  out: BatchArrays,
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
  const write = layout.chooses ? writeChosen : writeAll
  for (let c = 0; c < batch / chunk; c++) write(c, layout, clean, { hidden, weights }, out)
}

interface Masks {
  /** [B, T], 1 where a token is hidden. */
  readonly hidden: Uint8Array
  /** What the loss of each string's hidden tokens counts for. */
  readonly weights: Float32Array
}

/** Writes chunk c token-major; every row is scored, visible tokens at weight 0. */
function writeAll(c: number, layout: BatchLayout, clean: CleanBatch, masks: Masks, out: BatchArrays): void {
  const { length, strings: n } = layout
  for (let j = 0; j < n; j++) {
    const b = c * n + layout.column(j)
    for (let t = 0; t < length; t++) {
      const [row, at] = [(c * length + t) * n + j, b * length + t]
      out.tokens![row] = masks.hidden[at] ? clean.vocabulary : clean.strings[at]!
      out.targets![row] = clean.strings[at]!
      out.weights![row] = masks.hidden[at] ? masks.weights[b]! : 0
    }
  }
}

/** Writes chunk c token-major and lists its hidden rows, pair by pair of strings in turn. */
function writeChosen(
  c: number,
  layout: BatchLayout,
  clean: CleanBatch,
  masks: Masks,
  out: BatchArrays,
): void {
  const { length, strings: n, scored, turns } = layout
  const [firstRow, firstPlace] = [c * n * length, c * scored]
  let end = 0
  for (let p = 0; p < turns; p++) {
    let place = p
    for (let j = p; j < n; j += turns) {
      const b = c * n + layout.column(j)
      for (let t = 0; t < length; t++) {
        const [row, at] = [t * n + j, b * length + t]
        const hidden = masks.hidden[at]
        out.tokens![firstRow + row] = hidden ? clean.vocabulary : clean.strings[at]!
        out.places![firstRow + row] = hidden ? place : scored
        if (!hidden) continue
        out.rows![firstPlace + place] = row
        out.targets![firstPlace + place] = clean.strings[at]!
        out.weights![firstPlace + place] = masks.weights[b]!
        place += turns
      }
    }
    end = place
  }
  // An odd chunk has one turn, and may have places to spare; turns of pairs fill them all.
  for (const data of [out.rows!, out.targets!, out.weights!])
    data.fill(0, firstPlace + end, firstPlace + scored)
}
