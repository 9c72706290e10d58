import { expect, test } from 'vitest'
import {
  type AdamWConfig,
  adamWScalars,
  adamWUpdate,
  clipFactor,
  globalNorm,
} from '../../train/artifacts/adamw.js'
import { runGraph, values } from '../reference/network.js'

/** AdamW as its paper writes it (arXiv 1711.05101), in float64, with global-norm clipping. */
function reference(
  config: AdamWConfig,
  rate: number,
  step: number,
  p: Float32Array,
  m: Float32Array,
  v: Float32Array,
  g: Float32Array,
) {
  const norm = Math.sqrt(g.reduce((sum, x) => sum + x * x, 0))
  const clip = config.clipNorm > 0 ? Math.min(1, config.clipNorm / norm) : 1
  return Array.from(p, (value, i) => {
    const gradient = clip * g[i]!
    const first = config.beta1 * m[i]! + (1 - config.beta1) * gradient
    const second = config.beta2 * v[i]! + (1 - config.beta2) * gradient ** 2
    const corrected = first / (1 - config.beta1 ** step)
    const spread = Math.sqrt(second / (1 - config.beta2 ** step)) + config.epsilon
    return { p: value - rate * (corrected / spread + config.weightDecay * value), m: first, v: second }
  })
}

const cases: [string, AdamWConfig, number][] = [
  ['the first step', { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 0 }, 1],
  ['a clipped step', { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 0.5 }, 7],
  [
    'a small gradient under a large clip',
    { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 100 },
    30,
  ],
  [
    'weight decay and a large epsilon',
    { beta1: 0.8, beta2: 0.95, epsilon: 1e-2, weightDecay: 0.1, clipNorm: 1 },
    3,
  ],
]

test.each(cases)('%s of AdamW equals the written-out reference (law 10)', async (_, config, step) => {
  const [p, m, g] = [values([12], 1), values([12], 2), values([12], 3)]
  const v = { shape: [12], data: values([12], 4).data.map((x) => x * x) }
  const scalars = { shape: [3], data: Float32Array.from(adamWScalars(config, 3e-3, step)) }
  const { outputs } = await runGraph({ p, m, v, g, scalars }, {}, (bound, graph) => {
    const pick = (i: number) =>
      graph.emit('Gather', [bound.scalars!, graph.constant(BigInt64Array.of(BigInt(i)), [])], [])
    const norm = globalNorm([bound.g!])
    const state = { parameters: bound.p!, first: bound.m!, second: bound.v! }
    const clip = config.clipNorm > 0 ? clipFactor(config, norm) : undefined
    const next = adamWUpdate(
      config,
      state,
      bound.g!,
      { stepSize: pick(0), epsilon: pick(1), keep: pick(2) },
      clip,
    )
    return { parameters: next.parameters, first: next.first, second: next.second, norm }
  })
  const expected = reference(config, 3e-3, step, p.data, m.data, v.data, g.data)
  const got = (name: string) => outputs[name]!.data as Float32Array
  expected.forEach((entry, i) => {
    expect(got('parameters')[i]).toBeCloseTo(entry.p, 6)
    expect(got('first')[i]).toBeCloseTo(entry.m, 6)
    expect(got('second')[i]).toBeCloseTo(entry.v, 6)
  })
  expect(got('norm')[0]).toBeCloseTo(Math.sqrt(g.data.reduce((sum, x) => sum + x * x, 0)), 5)
})
