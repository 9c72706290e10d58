import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { emptyBatch, primeFactors } from '../../model/batch.js'
import { fullLayout } from '../../model/batch-layout.js'
import type { Process } from '../../model/denoiser.js'
import { process } from '../../model/process.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { type AbsorbingConfig, absorbingSchema } from '../../model/processes/absorbing/config.js'
import { boundWeight, type Schedule, visibleProbability } from '../../model/processes/absorbing/schedule.js'
import { previousStep, uniformSchedule } from '../../model/processes/uniform/chain.js'

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

  test('are those of arXiv 2406.04329: 1 − t, 1 − cos(π(1 − t)/2), 1 − t^w', () => {
    const at = [1 / 3, 1 / 2, 2 / 3]
    const values = schedules.map((schedule) => at.map((t) => visibleProbability(schedule, t)))
    const expected = [
      [2 / 3, 1 / 2, 1 / 3],
      [1 / 2, 1 - Math.SQRT1_2, 1 - Math.sqrt(3) / 2],
      [8 / 9, 3 / 4, 5 / 9],
      [1 - 1 / Math.sqrt(3), 1 - Math.SQRT1_2, 1 - Math.sqrt(2 / 3)],
    ]
    values.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(expected.flat()[i]!, 12)
    })
  })
})

const [T, B, V] = [6, 8, 5]

/** The arrays that batches of these processes may have. */
interface TokenBatch {
  readonly tokens: Int32Array
  readonly rows?: Int32Array
  readonly places?: Int32Array
  readonly targets: Int32Array
  readonly weights: Float32Array
  readonly levels?: Float32Array
}

/** One step's batch of strings [B, length], in chunks of `chunk` strings. */
function batchOf(
  learned: Process,
  strings: Int32Array,
  length: number,
  seed: string,
  chunk = strings.length / length,
): TokenBatch {
  const out = emptyBatch(learned.parts(length, chunk), strings.length / length / chunk)
  learned.fill({ strings, length, vocabulary: V, chunk }, stream(seed, 'mask'), out)
  return out as unknown as TokenBatch
}

/** Which string of a chunk of n stands in a column. */
const stringOfColumn = (j: number, n: number) => fullLayout(1, n).column(j)

describe('masked batches', () => {
  const strings = Int32Array.from({ length: T * B }, (_, i) => (i * 7) % V)
  const draw = (loss: AbsorbingConfig['loss'], schedule: Schedule, step: number): TokenBatch =>
    batchOf(process({ kind: 'absorbing', loss, schedule }), strings, T, `${step}`)

  test.each(absorbingSchema.shape.loss.unwrap().options)(
    '%s: hidden tokens carry weight, visible ones are untouched',
    (loss) => {
      const batch = draw(loss, { kind: 'linear' }, 1)
      for (let t = 0; t < T; t++) {
        for (let b = 0; b < B; b++) {
          const row = t * B + b
          const place = batch.places?.[row] ?? row
          const token = strings[stringOfColumn(b, B) * T + t]
          if (batch.tokens[row] === V) {
            expect(batch.rows?.[place] ?? place).toBe(row)
            expect(batch.targets[place]).toBe(token)
            expect(batch.weights[place]).toBeGreaterThan(0)
          } else {
            expect(batch.tokens[row]).toBe(token)
            expect(batch.weights[place] ?? 0).toBe(0)
          }
        }
      }
    },
  )

  test('as many rows carry loss as the mask counts of any batch can need, and chunks change nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 24 }),
        fc.nat(),
        (T, B, seed) => {
          const strings = Int32Array.from({ length: T * B }, (_, i) => i % V)
          const draw = (chunk: number) => batchOf(MASKING, strings, T, `${seed}`, chunk)
          const hidden = (batch: TokenBatch, chunk: number) => {
            const masks: boolean[] = []
            for (let c = 0; c < B / chunk; c++)
              for (let t = 0; t < T; t++)
                for (let j = 0; j < chunk; j++)
                  masks[(c * chunk + stringOfColumn(j, chunk)) * T + t] =
                    batch.tokens[(c * T + t) * chunk + j] === V
            return masks
          }
          const whole = draw(B)
          expect(whole.targets.length).toBeLessThanOrEqual(T * B)
          let chunk = B
          for (const factor of primeFactors(B)) {
            chunk /= factor
            const parts = draw(chunk)
            expect(hidden(parts, chunk)).toEqual(hidden(whole, B))
            expect(parts.weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5)
          }
        },
      ),
    )
  })

  test('two strings of a pair have T + 1 masks between them and stand n/2 columns apart, in whatever chunk', () => {
    for (const chunk of [B, B / 2, 2]) {
      const { tokens, rows } = batchOf(MASKING, strings, T, 'pairs', chunk)
      expect(rows?.length).toBe((B * (T + 1)) / 2)
      for (let c = 0; c < B / chunk; c++) {
        for (let p = 0; p < chunk / 2; p++) {
          let masks = 0
          for (let t = 0; t < T; t++)
            for (const j of [p, p + chunk / 2]) masks += tokens[(c * T + t) * chunk + j] === V ? 1 : 0
          expect(masks).toBe(T + 1)
          const own = rows!.subarray((c * chunk * (T + 1)) / 2).filter((_, at) => at % (chunk / 2) === p)
          for (const row of own.subarray(0, T + 1)) expect(row % (chunk / 2)).toBe(p)
        }
      }
    }
  })

  test('mask counts cover 1..T evenly within a batch, all masked included, and every string weighs the same', () => {
    const counts = new Array<number>(T + 1).fill(0)
    for (let step = 0; step < 600; step++) {
      const { tokens, weights, places } = draw('mask-count', { kind: 'linear' }, step)
      for (let b = 0; b < B; b++) {
        let [k, total] = [0, 0]
        for (let t = 0; t < T; t++) {
          k += tokens[t * B + b] === V ? 1 : 0
          total += weights[places ? places[t * B + b]! : t * B + b] ?? 0
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

describe('uniform noise', () => {
  const config = { kind: 'uniform', steps: 20, first: 0.01, last: 0.3 } as const
  const { alpha, kept } = uniformSchedule(config)

  test('one step back is Bayes’ rule on the forward chain', () => {
    const forward = (from: number, to: number, keep: number) => (from === to ? keep : 0) + (1 - keep) / V
    const out = new Float64Array(V)
    for (const t of [1, 2, 9, 20]) {
      for (const [x0, xt] of [
        [0, 0],
        [0, 3],
        [4, 1],
      ] as const) {
        const hot = Float64Array.from({ length: V }, (_, a) => (a === x0 ? 1 : 0))
        previousStep(xt, hot, 0, alpha[t]!, kept[t - 1]!, out)
        for (let a = 0; a < V; a++) {
          const joint = forward(x0, a, kept[t - 1]!) * forward(a, xt, alpha[t]!)
          expect(out[a]).toBeCloseTo(joint / forward(x0, xt, kept[t]!), 12)
        }
      }
    }
  })

  test('a batch holds times spread over the chain and tokens kept with their probability', () => {
    const strings = new Int32Array(T * B).fill(2)
    let [same, expected, total] = [0, 0, 0]
    for (let step = 0; step < 2000; step++) {
      const { tokens, levels, weights } = batchOf(process(config), strings, T, `${step}`)
      expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(config.steps, 3)
      tokens.forEach((token, row) => {
        const keep = levels![2 * row]! * levels![2 * row + 1]!
        expected += keep + (1 - keep) / V
        same += token === 2 ? 1 : 0
        total++
      })
    }
    expect(Math.abs(same - expected) / Math.sqrt(total)).toBeLessThan(3)
  })
})

test('autoregressive batches are the strings moved on by one, MASK in front', () => {
  const { tokens, targets } = batchOf(
    process({ kind: 'autoregressive' }),
    Int32Array.of(0, 1, 2, 3, 4, 0),
    3,
    '0',
  )
  expect([...targets]).toEqual([0, 3, 1, 4, 2, 0])
  expect([...tokens]).toEqual([V, V, 0, 3, 1, 4])
})
