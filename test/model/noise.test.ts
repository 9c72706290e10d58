import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { LOSS_KINDS, type LossKind, type MaskedBatch, maskBatch } from '../../model/noise/absorbing.js'
import { boundWeight, type Schedule, visibleProbability } from '../../model/noise/schedule.js'

const schedules: Schedule[] = [
  { kind: 'linear' },
  { kind: 'cosine' },
  { kind: 'polynomial', power: 2 },
  { kind: 'polynomial', power: 0.5 },
]

describe('schedules', () => {
  test.each(schedules)('%j goes from all visible to all masked, and its weight is −α′/(1−α)', (schedule) => {
    expect(visibleProbability(schedule, 0)).toBeCloseTo(1, 12)
    expect(visibleProbability(schedule, 1)).toBeCloseTo(0, 12)
    for (const t of [0.1, 0.35, 0.8]) {
      const slope = (visibleProbability(schedule, t + 1e-6) - visibleProbability(schedule, t - 1e-6)) / 2e-6
      expect(boundWeight(schedule, t)).toBeCloseTo(-slope / (1 - visibleProbability(schedule, t)), 5)
    }
  })
})

describe('masked batches', () => {
  const [T, B, V] = [6, 8, 5]
  const strings = Int32Array.from({ length: T * B }, (_, i) => (i * 7) % V)
  const draw = (loss: LossKind, schedule: Schedule, step: number): MaskedBatch => {
    const out = {
      tokens: new Int32Array(T * B),
      targets: new Int32Array(T * B),
      weights: new Float32Array(T * B),
    }
    maskBatch(strings, T, V, loss, schedule, stream('seed', 'mask', step), out)
    return out
  }

  test.each(LOSS_KINDS)('%s: hidden tokens carry weight, visible ones are untouched', (loss) => {
    const batch = draw(loss, { kind: 'linear' }, 1)
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        const row = t * B + b
        expect(batch.targets[row]).toBe(strings[b * T + t])
        if (batch.tokens[row] === V) expect(batch.weights[row]).toBeGreaterThan(0)
        else expect([batch.tokens[row], batch.weights[row]]).toEqual([strings[b * T + t], 0])
      }
    }
  })

  test('mask counts cover 1..T evenly within a batch, all masked included, and every string weighs the same', () => {
    const counts = new Array<number>(T + 1).fill(0)
    for (let step = 0; step < 600; step++) {
      const { tokens, weights } = draw('mask-count', { kind: 'linear' }, step)
      for (let b = 0; b < B; b++) {
        let [k, total] = [0, 0]
        for (let t = 0; t < T; t++) {
          k += tokens[t * B + b] === V ? 1 : 0
          total += weights[t * B + b]!
        }
        counts[k]!++
        expect(total).toBeCloseTo(1 / B, 6)
      }
    }
    expect(counts[0]).toBe(0)
    for (const count of counts.slice(1)) expect(Math.abs(count - (600 * B) / T)).toBeLessThan(60)
  })

  // Not the square-root schedule: its weights have infinite variance, so no number of steps settles their mean.
  test.each(schedules.slice(0, 3))(
    'the ELBO loss has the expectation of the mask-count loss under %j',
    (schedule) => {
      // With a constant cross-entropy of 1 both are Σ weight; the mask-count loss gives exactly 1 per token.
      const steps = 40_000
      let total = 0
      for (let step = 0; step < steps; step++)
        total += draw('elbo', schedule, step).weights.reduce((sum, w) => sum + w, 0)
      expect(total / steps).toBeCloseTo(1, 1)
    },
  )

  test('unweighted: the weights of a batch sum to 1', () => {
    expect(draw('unweighted', { kind: 'cosine' }, 3).weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5)
  })
})
