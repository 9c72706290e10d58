import { describe, expect, test } from 'vitest'
import { stream, uniformInteger } from '../../common/random.js'
import type { Denoiser } from '../../model/denoiser.js'
import { gradients } from '../../model/graph/autodiff.js'
import { encodeModel } from '../../model/graph/encode.js'
import { Graph, LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import { type NetworkConfig, network } from '../../model/network.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { weightedPosteriorDivergence } from '../../model/operators/posterior-divergence.js'
import { initialise, layOut, unpack } from '../../model/parameters.js'
import { autoregressive } from '../../model/processes/autoregressive/autoregressive.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { sample } from '../../model/samplers/sampler.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { evaluate64 } from '../reference/evaluate64.js'
import { runtime } from '../reference/network.js'

const [T, V, B] = [4, 3, 3]
const CONFIGS: readonly NetworkConfig[] = [
  { kind: 'transformer', layers: 1, width: 6, heads: 2, mlpRatio: 2 },
  { kind: 'causal', layers: 1, width: 6, heads: 2, mlpRatio: 2 },
  { kind: 'mlp', layers: 3, width: 6 },
  // LayerNorm over fewer channels amplifies float32 rounding beyond the tolerance.
  { kind: 'unet', width: 8, branching: 2 },
]
const LOSSES = ['cross-entropy', 'posterior divergence'] as const
const cases = CONFIGS.flatMap((config) => LOSSES.map((loss) => [config.kind, loss, config] as const))

const random = stream('learners', 'data')
const integers = (count: number, below: number) =>
  Int32Array.from({ length: count }, () => uniformInteger(random, below))

describe('every learner', () => {
  const switched: Lowering = { ...LOWERINGS.cpu, foldNorm: false, productFactors: false, packedWidth: 0 }
  test.each(cases)(
    '%s under %s has the gradient of its float64 evaluation (law 9)',
    async (_, kind, config) => {
      for (const lowering of [LOWERINGS.cpu, switched]) {
        const net = network(config, { length: T, vocabulary: V })
        const layout = layOut(net.parameters)
        const parameters = initialise(layout, 'learners').map((bucket) =>
          bucket.map((value, i) => value + 0.1 * Math.sin(3 * i + 1)),
        )
        const [tokens, targets] = [integers(T * B, V), integers(T * B, V)]
        const levels = Float32Array.from({ length: 2 * T * B }, (_, i) => 0.3 + 0.6 * ((i * 7) % 10) * 0.1)
        const weights = Float32Array.from({ length: T * B }, (_, i) => 0.2 + (i % 3))

        const graph = new Graph('loss', lowering)
        const buckets = layout.sizes.map((size, i) => graph.input(`p${i}`, [size]))
        const read = graph.input('tokens', [T, B], 'int32')
        const unpacked = unpack(layout, buckets)
        const logits = net.logits(unpacked.get, read)
        const [wanted, weight] = [graph.constant(targets, [T * B]), graph.constant(weights, [T * B, 1])]
        const losses =
          kind === 'cross-entropy'
            ? weightedCrossEntropy(logits, wanted, weight)
            : weightedPosteriorDivergence(
                logits,
                graph.constant(tokens, [T * B], 'current'),
                wanted,
                graph.constant(levels, [T * B, 2]),
                weight,
              )
        const loss64 = (values: readonly ArrayLike<number>[]) => {
          const inputs = {
            tokens: { shape: [T, B], data: Float64Array.from(tokens) },
            ...Object.fromEntries(
              values.map((data, i) => [`p${i}`, { shape: [data.length], data: Float64Array.from(data) }]),
            ),
          }
          return forward(inputs)(losses.name).data.reduce((sum, value) => sum + value, 0)
        }
        const forwardOnly = graph.nodes.slice()
        const forward = (inputs: Parameters<typeof evaluate64>[1]) =>
          evaluate64({ ...graph, constants: graph.constants, nodes: forwardOnly } as unknown as Graph, inputs)

        const ones = graph.constant(new Float32Array(T * B).fill(1), [T * B, 1], 'ones')
        gradients(graph, [[losses, ones]], buckets).forEach((value, i) => {
          graph.output(value, `d${i}`)
        })
        const session = await runtime.session(encodeModel(graph))
        const built = await session.run({
          ...Object.fromEntries(parameters.map((data, i) => [`p${i}`, runtime.tensor(data, [data.length])])),
          tokens: runtime.tensor(tokens, [T, B]),
        })
        await session.release()

        let [squares, total] = [0, 0]
        const moved = parameters.map((bucket) => Float64Array.from(bucket))
        for (const [b, bucket] of moved.entries()) {
          for (let i = 0; i < bucket.length; i++) {
            const held = bucket[i]!
            bucket[i] = held + 1e-5
            const above = loss64(moved)
            bucket[i] = held - 1e-5
            const slope = (above - loss64(moved)) / 2e-5
            bucket[i] = held
            squares += ((built[`d${b}`]!.data as Float32Array)[i]! - slope) ** 2
            total += slope ** 2
          }
        }
        expect(Math.sqrt(squares / total)).toBeLessThan(1e-6)
      }
    },
  )

  test('a U-Net says which lengths fit its tree', () => {
    expect(() => network({ kind: 'unet', width: 4, branching: 3 }, { length: 8, vocabulary: 4 })).toThrow(
      'model.branching: got 3, expected one of which 8 tokens are a power',
    )
  })
})

describe('the autoregressive learner', () => {
  const learned = autoregressive()
  const net = network(CONFIGS[1]!, { length: T, vocabulary: V })
  const layout = layOut(net.parameters)
  const parameters = initialise(layout, 'causal').map((bucket) => bucket.map((value) => 3 * value))

  test('gives probabilities to all strings that sum to 1', async () => {
    const denoiser = await networkDenoiser(net, learned, parameters, runtime)
    const all = Int32Array.from(
      { length: V ** T * T },
      (_, at) => Math.floor(Math.floor(at / T) / V ** (at % T)) % V,
    )
    let total = 0
    for (let i = 0; i < V ** T; i++) {
      const one = { tokens: all.subarray(i * T, (i + 1) * T), count: 1, length: T }
      total += Math.exp(-(await learned.bound(denoiser, one, '0')).mean)
    }
    await denoiser.release()
    expect(total).toBeCloseTo(1, 5)
  })

  test('predicts a token from nothing that comes later', async () => {
    const denoiser = await networkDenoiser(net, learned, parameters, runtime)
    const one = await denoiser.logProbabilities(Int32Array.of(0, 1, 2, 0))
    const other = await denoiser.logProbabilities(Int32Array.of(0, 1, V, V))
    await denoiser.release()
    expect(other.slice(0, 3 * V)).toEqual(one.slice(0, 3 * V))
    expect(other.slice(3 * V)).not.toEqual(one.slice(3 * V))
  })
})

describe('the uniform-noise learner', () => {
  const noise = uniform({ kind: 'uniform', steps: 50, first: 1e-3, last: 0.2 })
  const truth = [2, 0, 1, 1]
  const knows: Denoiser = {
    length: T,
    vocabulary: V,
    preferredBatch: 64,
    process: noise,
    logProbabilities: async (strings) =>
      Float64Array.from({ length: strings.length * V }, (_, at) =>
        at % V === truth[Math.floor(at / V) % T] ? 0 : Number.NEGATIVE_INFINITY,
      ),
  }

  test('one that knows the string draws it, and pays only for where the chain ends', async () => {
    const { tokens: drawn } = await sample(knows, { count: 20, seed: '0' })
    for (let i = 0; i < 20; i++) expect([...drawn.subarray(i * T, (i + 1) * T)]).toEqual(truth)
    const string = { tokens: Int32Array.from(truth), count: 1, length: T }
    const { mean } = await noise.bound(knows, string, '0')
    expect(mean).toBeGreaterThan(0)
    expect(mean).toBeLessThan(1e-3)
  })

  test('one that knows nothing pays about ln V per token', async () => {
    const flat: Denoiser = {
      ...knows,
      logProbabilities: async (strings) => new Float64Array(strings.length * V).fill(-Math.log(V)),
    }
    const tokens = Int32Array.from({ length: 400 * T }, (_, at) => truth[at % T]!)
    const { mean, standardError } = await noise.bound(flat, { tokens, count: 400, length: T }, '0')
    // The bound of a chain is above the cross-entropy of its best guess.
    expect(mean).toBeGreaterThan(T * Math.log(V) - 4 * standardError)
    expect(mean).toBeLessThan(1.5 * T * Math.log(V))
  })
})
