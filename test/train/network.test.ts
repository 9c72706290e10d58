import { describe, expect, test } from 'vitest'
import { gradients } from '../../model/graph/autodiff.js'
import { encodeModel } from '../../model/graph/encode.js'
import { Graph, LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import { network } from '../../model/network.js'
import type { TransformerConfig } from '../../model/networks/transformer.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { initialise, layOut, tensorsOf, unpack } from '../../model/parameters.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { estimateNelbo } from '../../model/processes/absorbing/nelbo.js'
import { sample } from '../../model/samplers/sampler.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { runtime } from '../reference/network.js'
import { crossEntropy64, transformer64, type Weights } from '../reference/transformer64.js'

const config: TransformerConfig = { kind: 'transformer', layers: 2, width: 8, heads: 2, mlpRatio: 2 }
const [T, V, B] = [4, 3, 3]
const net = network(config, { length: T, vocabulary: V })
const layout = layOut(net.parameters)
// Every parameter moved off its initial zero or one, so that no gradient is right by accident.
const parameters = initialise(layout, 'gradients').map((bucket) =>
  bucket.map((value, i) => value + 0.1 * Math.sin(3 * i + 1)),
)
const strings = [
  [0, 1, V, 2],
  [V, V, 1, 0],
  [2, V, V, V],
]
const targets = [
  [0, 1, 2, 2],
  [1, 2, 1, 0],
  [2, 0, 1, 1],
]
const weight = (b: number, t: number) => (strings[b]![t] === V ? 0.5 + b : 0)

function weights64(): Record<string, Float64Array> {
  return Object.fromEntries(
    [...tensorsOf(layout, parameters)].map(({ spec, data }) => [spec.name, Float64Array.from(data)]),
  )
}

function loss64(weights: Weights): number {
  const logits = transformer64(config, V, weights, strings)
  let total = 0
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++) total += weight(b, t) * crossEntropy64(logits[b]![t]!, targets[b]![t]!)
  return total
}

describe('the whole network', () => {
  test('predicts what the float64 reference predicts', async () => {
    const denoiser = await networkDenoiser(net, MASKING, parameters, runtime)
    const predicted = await denoiser.logProbabilities(Int32Array.from(strings.flat()))
    const logits = transformer64(config, V, weights64(), strings)
    let worst = 0
    for (let b = 0; b < B; b++) {
      for (let t = 0; t < T; t++) {
        for (let a = 0; a < V; a++) {
          worst = Math.max(
            worst,
            Math.abs(predicted[(b * T + t) * V + a]! + crossEntropy64(logits[b]![t]!, a)),
          )
        }
      }
    }
    await denoiser.release()
    expect(worst).toBeLessThan(2e-6)
  })

  const forms: [string, Lowering, boolean][] = [
    ['', LOWERINGS.cpu, false],
    [', projections apart', { ...LOWERINGS.cpu, packedWidth: 0 }, false],
    [', computed for masked rows only', LOWERINGS.cpu, true],
  ]
  test.each(forms)(
    'has the gradient that central differences of the float64 reference give (law 9)%s',
    async (_, lowering, some) => {
      const graph = new Graph('gradient', lowering)
      const buckets = layout.sizes.map((size, i) => graph.input(`p${i}`, [size]))
      const tokens = graph.input('tokens', [T, B], 'int32')
      const unpacked = unpack(layout, buckets)
      const all = Array.from({ length: T * B }, (_, r) => [r % B, Math.floor(r / B)] as const)
      const scored = some ? all.filter(([b, t]) => weight(b, t) > 0) : all
      const list = (numbers: readonly number[]) => graph.constant(Int32Array.from(numbers), [numbers.length])
      const selection = {
        rows: list(scored.map(([b, t]) => t * B + b)),
        places: list(
          all
            .map(([b, t]) => scored.findIndex(([x, y]) => x === b && y === t))
            .map((p) => (p < 0 ? scored.length : p)),
        ),
      }
      const logits = net.logits(unpacked.get, tokens, some ? selection : undefined)
      const R = scored.length
      const losses = weightedCrossEntropy(
        logits,
        list(scored.map(([b, t]) => targets[b]![t]!)),
        graph.constant(
          Float32Array.from(scored, ([b, t]) => weight(b, t)),
          [R, 1],
        ),
      )
      const ones = graph.constant(new Float32Array(R).fill(1), [R, 1])
      gradients(graph, [[losses, ones]], unpacked.all).forEach((value, i) => {
        graph.output(value, `d${i}`)
      })
      const session = await runtime.session(encodeModel(graph))
      const built = await session.run({
        ...Object.fromEntries(parameters.map((data, i) => [`p${i}`, runtime.tensor(data, [data.length])])),
        tokens: runtime.tensor(
          Int32Array.from(all, ([b, t]) => strings[b]![t]!),
          [T, B],
        ),
      })
      await session.release()

      let [squares, total] = [0, 0]
      const weights = weights64()
      layout.specs.forEach(({ name }, i) => {
        const gradient = built[`d${i}`]!.data as Float32Array
        const tensor = weights[name]!
        for (let j = 0; j < tensor.length; j++) {
          const held = tensor[j]!
          const at = (offset: number) => {
            tensor[j] = held + offset
            return loss64(weights)
          }
          const numeric = (at(1e-5) - at(-1e-5)) / 2e-5
          tensor[j] = held
          squares += (gradient[j]! - numeric) ** 2
          total += numeric ** 2
        }
      })
      expect(Math.sqrt(squares / total)).toBeLessThan(1e-6)
    },
  )

  test('with a zero head predicts every symbol equally: ln V per masked token (law 8)', async () => {
    const flat = parameters.map((bucket) => Float32Array.from(bucket))
    for (const { spec, data } of tensorsOf(layout, flat))
      if (/^head\.(weight|bias)$/.test(spec.name)) data.fill(0)
    const denoiser = await networkDenoiser(net, MASKING, flat, runtime)
    const predicted = await denoiser.logProbabilities(Int32Array.from(strings.flat()))
    await denoiser.release()
    for (const value of predicted) expect(value).toBeCloseTo(-Math.log(V), 6)
  })

  test('gives a string the same predictions whatever stands beside it in the batch', async () => {
    const denoiser = await networkDenoiser(net, MASKING, parameters, runtime)
    const alone = await denoiser.logProbabilities(Int32Array.from(strings[0]!))
    const many = await denoiser.logProbabilities(
      Int32Array.from(Array.from({ length: 300 }, (_, i) => strings[(i * 7) % 3]!).flat()),
    )
    await denoiser.release()
    expect(many.slice(0, T * V)).toEqual(alone)
  })

  test('reveals whole strings in one call exactly as it does one token per call, and sums hidden losses itself', async () => {
    const denoiser = await networkDenoiser(net, MASKING, parameters, runtime)
    const { reveal: _, hiddenLoss: __, ...plain } = denoiser
    const options = { count: 300, seed: 'both' }
    for (const temperature of [1, 0.5]) {
      const sampled = { ...options, sampler: { kind: 'random-order', temperature } } as const
      expect(await sample(denoiser, sampled)).toEqual(await sample(plain, sampled))
    }
    const truth = { tokens: Int32Array.from(targets.flat()), count: B, length: T }
    const [own, fromPredictions] = [
      await estimateNelbo(denoiser, truth, '0'),
      await estimateNelbo(plain, truth, '0'),
    ]
    expect(own.mean).toBeCloseTo(fromPredictions.mean, 5)
    await denoiser.release()
  })
})
