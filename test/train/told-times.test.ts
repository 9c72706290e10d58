import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { tokenMatrix } from '../../common/strings.js'
import { emptyBatch } from '../../model/batch.js'
import type { Process } from '../../model/denoiser.js'
import { gradients } from '../../model/graph/autodiff.js'
import { Graph } from '../../model/graph/graph.js'
import { type NetworkConfig, network } from '../../model/network.js'
import { initialise, layOut, tensorsOf, unpack } from '../../model/parameters.js'
import { processSchema } from '../../model/process.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { uniformSchedule } from '../../model/processes/uniform/chain.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { sample } from '../../model/samplers/sampler.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { tokenObjective } from '../../train/objective.js'
import { evaluate64 } from '../reference/evaluate64.js'
import { runtime } from '../reference/network.js'

const [T, V, STEPS] = [4, 3, 6]
const CHAIN = { kind: 'uniform', steps: STEPS, first: 0.05, last: 0.5 } as const
const untold = uniform(CHAIN)
const told = uniform({ ...CHAIN, time: true })
const NETWORKS: readonly NetworkConfig[] = [
  { kind: 'transformer', layers: 1, width: 6, heads: 2, mlpRatio: 2 },
  { kind: 'mlp', layers: 2, width: 6 },
  { kind: 'unet', width: 8, branching: 2 },
]
const shape = { length: T, vocabulary: V }

describe('a process that tells times', () => {
  test('is asked for: by itself no network is told', () => {
    expect(processSchema.parse({ kind: 'uniform' })).not.toHaveProperty('time')
    expect(untold.times).toBeUndefined()
    expect(told.times).toBe(STEPS)
  })

  test('makes the same batches, with the step whose levels they hold', () => {
    const { alpha } = uniformSchedule(CHAIN)
    const [B, chunk] = [6, 3]
    const strings = Int32Array.from({ length: B * T }, (_, at) => at % V)
    const batchOf = (process: Process) => {
      const out = emptyBatch(process.parts(T, chunk), B / chunk)
      process.fill({ strings, length: T, vocabulary: V, chunk }, stream('times', 'mask'), out)
      return out
    }
    const { times, ...rest } = batchOf(told)
    expect(rest).toEqual(batchOf(untold))
    expect([...times!].sort()).toEqual([1, 2, 3, 4, 5, 6])
    for (let b = 0; b < B; b++)
      for (let t = 0; t < T; t++) {
        const row = (Math.floor(b / chunk) * T + t) * chunk + (b % chunk)
        expect(rest.levels![2 * row]).toBeCloseTo(alpha[times![b]!]!, 6)
      }
  })

  test('tells them on the way back, and wherever its bound looks', async () => {
    const seen: number[][] = []
    const denoiser = {
      ...shape,
      process: told,
      preferredBatch: 100,
      logProbabilities: async (strings: Int32Array, times?: Int32Array) => {
        seen.push([...times!])
        return new Float64Array(strings.length * V).fill(-Math.log(V))
      },
    }
    await sample(denoiser, { count: 2, seed: '0' })
    expect(seen).toEqual([6, 5, 4, 3, 2, 1].map((t) => [t, t]))
    seen.length = 0
    await told.bound(denoiser, tokenMatrix([[0, 1, 2, 0]], T), '0')
    // One time in each of four stretches of six steps.
    expect(seen).toHaveLength(1)
    seen[0]!.forEach((t, stretch) => {
      expect(t).toBeGreaterThanOrEqual(Math.floor(1.5 * stretch) + 1)
      expect(t).toBeLessThanOrEqual(Math.floor(1.5 * (stretch + 1)) + 1)
    })
  })
})

describe.each(NETWORKS)('a network that is told: $kind', (config) => {
  const [plain, timed] = [network(config, shape), network(config, { ...shape, times: STEPS })]
  const strings = Int32Array.from({ length: 150 * T }, (_, at) => (at * at) % V)

  test('has a vector per step and nothing else more', () => {
    const added = timed.parameters.filter(({ name }) => !plain.parameters.some((spec) => spec.name === name))
    expect(added.map(({ name, shape }) => [name, shape[0]])).toEqual([['time.weight', STEPS + 1]])
    expect(timed.parameters.filter((spec) => !added.includes(spec))).toEqual(plain.parameters)
  })

  test('begins as one that is not, and then answers each string at its own time', async () => {
    const layout = layOut(timed.parameters)
    const start = initialise(layout, 'told')
    const first = await networkDenoiser(plain, untold, initialise(layOut(plain.parameters), 'told'), runtime)
    const denoiser = await networkDenoiser(timed, told, start, runtime)
    const times = Int32Array.from({ length: 150 }, (_, b) => 1 + (b % STEPS))
    const same = await first.logProbabilities(strings)
    const begun = await denoiser.logProbabilities(strings, times)
    begun.forEach((value, at) => {
      expect(value).toBeCloseTo(same[at]!, 6)
    })
    for (const { spec, data } of tensorsOf(layout, start))
      if (spec.name === 'time.weight') data.set(data.map((_, i) => Math.sin(i)))
    denoiser.load(start)
    const all = await denoiser.logProbabilities(strings, times)
    expect(all).not.toEqual(begun)
    // In whatever call and place a string stands.
    for (const b of [0, 1, 5, 128, 149]) {
      const [one, other] = [times[b]!, 1 + (times[b]! % STEPS)]
      const own = strings.subarray(b * T, (b + 1) * T)
      const expected = all.subarray(b * T * V, (b + 1) * T * V)
      expect(await denoiser.logProbabilities(own, Int32Array.of(one))).toEqual(expected.slice())
      expect(await denoiser.logProbabilities(own, Int32Array.of(other))).not.toEqual(expected.slice())
    }
    await expect(denoiser.logProbabilities(strings)).rejects.toThrow(/times: got nothing, expected the step/)
    await first.release()
    await denoiser.release()
  })

  test('has the gradient of its loss, in float64, by the vectors of its steps: 0 where no string is at the step', () => {
    const B = 3
    const layout = layOut(timed.parameters)
    const values = initialise(layout, 'told')
    for (const { spec, data } of tensorsOf(layout, values))
      if (spec.name === 'time.weight') data.set(data.map((_, i) => Math.sin(i)))
    // Two strings at one time, so that their cotangents meet.
    const times = [1, 4, 1]
    const graph = new Graph('loss')
    const buckets = layout.sizes.map((size, b) => graph.input(`p${b}`, [size]))
    const parts = told.parts(T, B)
    const read = new Map(
      parts.map(({ name, shape, dataType }) => [name, graph.input(name, shape, dataType)] as const),
    )
    const input = (name: string) => read.get(name)!
    const losses = tokenObjective(timed, told).losses(unpack(layout, buckets).get, input, B)
    const forward = graph.nodes.slice()
    const ones = graph.constant(new Float32Array(T * B).fill(1), [T * B, 1], 'ones')
    const slopes = gradients(graph, [[losses, ones]], buckets)
    const { alpha, kept } = uniformSchedule(CHAIN)
    const rows = Array.from({ length: T * B }, (_, row) => row)
    const batch: Record<string, readonly number[]> = {
      tokens: rows.map((row) => (row * row) % V),
      targets: rows.map((row) => row % V),
      weights: rows.map((row) => 0.5 + (row % 3)),
      levels: rows.flatMap((row) => [alpha[times[row % B]!]!, kept[times[row % B]! - 1]!]),
      times,
    }
    const at = (own: readonly Float64Array[]) => ({
      ...Object.fromEntries(own.map((data, b) => [`p${b}`, { shape: [data.length], data }])),
      ...Object.fromEntries(
        parts.map(({ name, shape }) => [name, { shape, data: Float64Array.from(batch[name]!) }]),
      ),
    })
    const moved = values.map((bucket) => Float64Array.from(bucket))
    const slopeOf = evaluate64(graph, at(moved))
    const alone = { ...graph, constants: graph.constants, nodes: forward } as unknown as Graph
    const loss = () => evaluate64(alone, at(moved))(losses.name).data.reduce((sum, value) => sum + value, 0)
    const [bucket, first] = layout.buckets.flatMap((specs, b) => {
      let end = 0
      return specs.flatMap((spec) => {
        const begin = end
        end += spec.shape.reduce((product, side) => product * side, 1)
        return spec.name === 'time.weight' ? [[b, begin] as const] : []
      })
    })[0]!
    const width = timed.parameters.find(({ name }) => name === 'time.weight')!.shape[1]!
    for (let i = first; i < first + (STEPS + 1) * width; i++) {
      const held = moved[bucket]![i]!
      const shifted = (by: number) => {
        moved[bucket]![i] = held + by
        const value = loss()
        moved[bucket]![i] = held
        return value
      }
      // Fourth order in the step.
      const slope = (8 * (shifted(1e-3) - shifted(-1e-3)) - (shifted(2e-3) - shifted(-2e-3))) / 12e-3
      const built = slopeOf(slopes[bucket]!.name).data[i]!
      expect(built).toBeCloseTo(slope, 7)
      if (!times.includes(Math.floor((i - first) / width))) expect(built).toBe(0)
    }
  })

  test('goes with a process that tells as many steps, and with no other', async () => {
    const misfits = [
      [timed, untold, /model.times: got 6, expected none/],
      [timed, MASKING, /model.times: got 6, expected none/],
      [plain, told, /model.times: got nothing, expected 6/],
      [network(config, { ...shape, times: 5 }), told, /model.times: got 5, expected 6/],
    ] as const
    for (const [net, process, message] of misfits) {
      expect(() => tokenObjective(net, process)).toThrow(message)
      const parameters = initialise(layOut(net.parameters), '0')
      await expect(networkDenoiser(net, process, parameters, runtime)).rejects.toThrow(message)
    }
  })
})
