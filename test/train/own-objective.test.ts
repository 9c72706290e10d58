import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { standardNormal } from '../../common/normal.js'
import { stream } from '../../common/random.js'
import { batchPart } from '../../model/batch.js'
import { Graph, type Value } from '../../model/graph/graph.js'
import { activate, dense, linearSpecs, normSpecs, normThenLinear } from '../../model/networks/layers.js'
import { mul, reduceSum, scale, sub } from '../../model/operators/arithmetic.js'
import { type Buckets, layOut, type ParameterSpec, type Parameters, unpack } from '../../model/parameters.js'
import { batchSource } from '../../train/batches.js'
import { loadCheckpoint, saveCheckpoint } from '../../train/checkpoint.js'
import type { Objective } from '../../train/objective.js'
import { createStepper } from '../../train/stepper.js'
import { evaluationParameters, startState, type Training } from '../../train/training.js'
import { evaluate64, type Tensor64 } from '../reference/evaluate64.js'
import { runtime } from '../reference/network.js'

/** A regression from points of the plane to points of the plane. */
interface Regressor {
  readonly parameters: readonly ParameterSpec[]
  /** [n, 2] → [n, 2] */
  predict(parameters: Parameters, points: Value): Value
}

const affine: Regressor = {
  parameters: linearSpecs('map', 2, 2),
  predict: (parameters, points) => dense(parameters, 'map', points),
}

const perceptron = (width: number): Regressor => ({
  parameters: [
    ...linearSpecs('in', 2, width),
    ...normSpecs('hidden.norm', width),
    ...linearSpecs('hidden', width, width),
    ...linearSpecs('out', width, 2),
  ],
  predict(parameters, points) {
    const first = activate(dense(parameters, 'in', points, Math.SQRT1_2))
    const second = activate(normThenLinear(parameters, 'hidden.norm', 'hidden', first, Math.SQRT1_2))
    return dense(parameters, 'out', second)
  },
})

/** Gaussian denoising at one noise level: the mean squared error of points that are guessed from noisy ones. */
function denoising({ parameters, predict }: Regressor, batch: number): Objective {
  return {
    parameters,
    rowsPerItem: 1,
    inputs: (items) => [batchPart('noisy', [items, 2], 'float32'), batchPart('clean', [items, 2], 'float32')],
    losses(parameters, input) {
      const wrong = sub(predict(parameters, input('noisy')), input('clean'))
      return scale(reduceSum(mul(wrong, wrong), [1]), 1 / batch)
    },
  }
}

type Point = readonly [number, number]

/** Corners of a square: coordinate by coordinate, E[y | y + σε] = tanh(x/σ²). */
const CORNERS: readonly Point[] = [
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
]
const NOISE = 0.7

function trainingOn(points: readonly Point[], regressor: Regressor, own: Partial<Training> = {}): Training {
  const { batch = 64 } = own
  const objective = denoising(regressor, batch)
  return {
    objective,
    layout: layOut(objective.parameters),
    optimiser: {
      learningRate: 0.02,
      schedule: 'cosine',
      warmup: 20,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 0,
    },
    ema: false,
    steps: 2000,
    batch,
    accumulate: 1,
    items: points.length,
    seed: 'points',
    fill(indices, _, random, out) {
      const { noisy, clean } = out
      indices.forEach((item, b) => {
        for (const k of [0, 1] as const) {
          clean![2 * b + k] = points[item]![k]
          noisy![2 * b + k] = points[item]![k] + NOISE * standardNormal(random)
        }
      })
    },
    ...own,
  }
}

/** Where training stands after calls of so many steps each, and the mean loss of each call. */
async function trained(training: Training, calls: readonly number[], from = startState(training, 'points')) {
  const stepper = await createStepper(training, from, runtime)
  const losses: number[] = []
  for (const count of calls) losses.push((await stepper.advance(count)).loss)
  const state = await stepper.state()
  await stepper.release()
  return { state, losses }
}

/** What float64 makes of a graph over the parameters and some more inputs. */
function evaluated(
  training: Training,
  buckets: readonly ArrayLike<number>[],
  inputs: Readonly<Record<string, Tensor64>>,
  build: (parameters: Parameters, input: (name: string) => Value) => Value,
): Float64Array {
  const graph = new Graph('reference')
  const values = training.layout.sizes.map((size, b) => graph.input(`parameters.${b}`, [size]))
  const given = new Map(Object.entries(inputs).map(([name, { shape }]) => [name, graph.input(name, shape)]))
  const result = build(unpack(training.layout, values).get, (name) => given.get(name)!)
  const bound = buckets.map(
    (data, b) => [`parameters.${b}`, { shape: [data.length], data: Float64Array.from(data) }] as const,
  )
  return evaluate64(graph, { ...inputs, ...Object.fromEntries(bound) })(result.name).data
}

/** The learned map on a list of points. */
function predictions(training: Training, { predict }: Regressor, buckets: Buckets, at: readonly Point[]) {
  const points = { shape: [at.length, 2], data: Float64Array.from(at.flat()) }
  return evaluated(training, buckets, { points }, (parameters, input) => predict(parameters, input('points')))
}

describe('an objective on points of the plane', () => {
  test('that is affine is learned to the closed form of ridge regression', async () => {
    // E‖xW + b − y‖² over x = y + σε is least at W = (C + σ²I)⁻¹C and b = ȳ(I − W), C the covariance of y.
    const random = stream('points', 'skewed')
    const points = Array.from({ length: 48 }, (): Point => {
      const [a, b] = [standardNormal(random), standardNormal(random)]
      return [0.5 + 1.5 * a, -0.3 + 0.8 * a + 0.5 * b]
    })
    const n = points.length
    const mean = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k]!, 0) / n)
    const covariance = [0, 1].map((i) =>
      [0, 1].map(
        (j) => points.reduce((sum, point) => sum + (point[i]! - mean[i]!) * (point[j]! - mean[j]!), 0) / n,
      ),
    )
    const [[a, b], [, d]] = covariance as [[number, number], [number, number]]
    const [p, s] = [a + NOISE ** 2, d + NOISE ** 2]
    const inverse = [
      [s, -b],
      [-b, p],
    ].map((line) => line.map((value) => value / (p * s - b * b)))
    const weight = inverse.map((line) =>
      [0, 1].map((j) => line[0]! * covariance[0]![j]! + line[1]! * covariance[1]![j]!),
    )
    const bias = [0, 1].map((j) => mean[j]! - mean[0]! * weight[0]![j]! - mean[1]! * weight[1]![j]!)

    const training = trainingOn(points, affine, { batch: 48 * 8, accumulate: 3 })
    const { parameters } = (await trained(training, [500, 1500])).state
    expect(parameters.length).toBe(1)
    ;[...weight.flat(), ...bias].forEach((value, i) => {
      expect(Math.abs(parameters[0]![i]! - value)).toBeLessThan(0.006)
    })
  })

  test('that is a perceptron is learned to the posterior mean, which no affine map comes near', async () => {
    const at = Array.from(
      { length: 121 },
      (_, i): Point => [((i % 11) - 5) * 0.4, (Math.floor(i / 11) - 5) * 0.4],
    )
    const truth = at.flat().map((x) => Math.tanh(x / NOISE ** 2))
    const distance = async (regressor: Regressor) => {
      const training = trainingOn(CORNERS, regressor, { batch: 256 })
      const { state } = await trained(training, [1000, 1000])
      const guessed = predictions(training, regressor, state.parameters, at)
      return Math.sqrt(truth.reduce((sum, y, i) => sum + (guessed[i]! - y) ** 2, 0) / truth.length)
    }
    expect(await distance(perceptron(32))).toBeLessThan(0.04)
    expect(await distance(affine)).toBeGreaterThan(0.15)
  })

  test.each([1, 4])(
    'has in %i chunks the loss and the gradient of its float64 evaluation (law 9)',
    async (accumulate) => {
      const batch = 16
      const training = trainingOn(CORNERS, perceptron(6), { batch, accumulate })
      const { sizes } = training.layout
      const start = startState(training, 'points')
      // Every parameter moved off its initial zero or one, so that no gradient is right by accident.
      const parameters = start.parameters.map((bucket) =>
        bucket.map((value, i) => value + 0.1 * Math.sin(3 * i)),
      )
      const moved = { ...start, parameters }
      const { state, losses } = await trained(training, [1], moved)

      const { noisy, clean } = batchSource(training, batch)(0, 1).arrays
      const asInput = (data: ArrayLike<number>) => ({ shape: [batch, 2], data: Float64Array.from(data) })
      const inputs = { noisy: asInput(noisy!), clean: asInput(clean!) }
      const loss = (buckets: readonly ArrayLike<number>[]) =>
        evaluated(training, buckets, inputs, (get, input) =>
          training.objective.losses(get, input, batch),
        ).reduce((sum, part) => sum + part, 0)
      const buckets = parameters.map((bucket) => Float64Array.from(bucket))
      expect(losses[0]! / loss(parameters)).toBeCloseTo(1, 6)
      let [squares, total] = [0, 0]
      for (const [b, size] of sizes.entries()) {
        for (let i = 0; i < size; i++) {
          const held = buckets[b]![i]!
          const lossAt = (value: number) => {
            buckets[b]![i] = value
            return loss(buckets)
          }
          const slope = (lossAt(held + 1e-5) - lossAt(held - 1e-5)) / 2e-5
          buckets[b]![i] = held
          // After one step from zero the first moment is the gradient times 1 − β₁.
          squares += (state.first[b]![i]! / (1 - training.optimiser.beta1) - slope) ** 2
          total += slope ** 2
        }
      }
      expect(Math.sqrt(squares / total)).toBeLessThan(2e-6)
    },
  )
})

describe('its noise', () => {
  test('is drawn from the stream that is handed in: a function of the seed and the step', () => {
    const noiseOf = (seed: string, first: number, count: number, chunk: number) => {
      const { noisy, clean } = batchSource(trainingOn(CORNERS, affine, { seed }), chunk)(first, count).arrays
      return Array.from(noisy!, (x, i) => (x - clean![i]!) / NOISE)
    }
    const whole = noiseOf('a', 0, 4, 64)
    expect(noiseOf('a', 0, 4, 16)).toEqual(whole)
    expect([...noiseOf('a', 0, 1, 64), ...noiseOf('a', 1, 3, 64)]).toEqual(whole)
    expect(noiseOf('b', 0, 4, 64)).not.toEqual(whole)
    expect(new Set(whole).size).toBe(whole.length)
    const squares = whole.reduce((sum, z) => sum + z * z, 0) / whole.length
    // Five standard errors of the variance of as many normal draws.
    expect(Math.abs(squares - 1)).toBeLessThan(5 * Math.sqrt(2 / whole.length))
  })
})

describe('training on points', () => {
  const points = Array.from({ length: 20 }, (_, i): Point => [Math.sin(i), Math.cos(2 * i)])
  // Batches end in the middle of epochs.
  const own = { batch: 12, accumulate: 2, steps: 60 } as const

  test.each([
    ['without an average', { ...own, ema: false }],
    ['with a moving average', { ...own, ema: { decay: 0.9 } }],
  ] as const)('%s: a steps and then b make the bits of a + b (law 11)', async (_, own) => {
    const training = trainingOn(points, perceptron(16), own)
    const { state: whole } = await trained(training, [47])
    expect(whole.step).toBe(47)
    for (const a of [1, 20, 46]) {
      const { state: half } = await trained(training, [a])
      expect(half.step).toBe(a)
      expect((await trained(training, [47 - a], half)).state).toEqual(whole)
    }
    if (own.ema) expect(evaluationParameters(whole)).not.toEqual(whole.parameters)
  })

  test('goes on to the same bits from a checkpoint file', async () => {
    const training = trainingOn(points, perceptron(16), { ...own, ema: { decay: 0.9 } })
    const directory = mkdtempSync(join(tmpdir(), 'points-'))
    const { state: half } = await trained(training, [17])
    saveCheckpoint(directory, training.layout, half, { configSha256: 'c', corpusSha256: 'd' }, undefined)
    const read = loadCheckpoint(directory, training.layout, 17)
    rmSync(directory, { recursive: true })
    const { state: whole } = await trained(training, [47])
    expect((await trained(training, [30], read)).state).toEqual(whole)
  })
})
