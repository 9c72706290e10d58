import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { batchPart } from '../../model/batch.js'
import { LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import { mul, reduceSum } from '../../model/operators/arithmetic.js'
import { layOut } from '../../model/parameters.js'
import type { Objective } from '../../train/objective.js'
import type { Runtime, Tensor, TensorData, Tensors } from '../../train/runtime/runtime.js'
import { createStepper } from '../../train/stepper.js'
import { learningRate, startState, type Training } from '../../train/training.js'

/** Two parameters in buckets of their own; the batch is one number per item, its item's index. */
const objective: Objective = {
  parameters: [
    { name: 'a', shape: [1, 3], deviation: 1 },
    { name: 'b', shape: [1, 3], deviation: 1 },
  ],
  rowsPerItem: 1,
  inputs: (items) => [batchPart('x', [items, 1], 'float32'), batchPart('which', [items, 2])],
  losses: (parameters, input) => reduceSum(mul(input('x'), mul(parameters('a'), parameters('b'))), [1]),
}
const training: Training = {
  objective,
  layout: layOut(objective.parameters, 3),
  optimiser: {
    learningRate: 0.1,
    schedule: 'constant',
    warmup: 4,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    clipNorm: 0,
  },
  ema: false,
  steps: 100,
  batch: 6,
  accumulate: 2,
  items: 6,
  seed: 'fake',
  fill(indices, _, __, out) {
    indices.forEach((item, b) => {
      out.x![b] = item
    })
  },
}
const averaged: Training = { ...training, ema: { decay: 0.5 } }

interface FakeTensor extends Tensor {
  readonly data: Float32Array | Int32Array | BigInt64Array
  readonly shape: readonly number[]
}

interface Call {
  readonly session: number
  /** Names of what was fed, and the shape of each. */
  readonly fed: Readonly<Record<string, readonly number[]>>
  readonly feeds: Readonly<Record<string, FakeTensor>>
}

/**
 * Runs nothing: state tensors grow by 1 per step, losses and norms are scripted, a download copies. It notes what it was asked,
 * and keeps what a session should keep on the device there.
 */
function fakeRuntime(lowering: Lowering, losses: (step: number) => number = (step) => step) {
  const sessions: { model: Uint8Array; onDevice: readonly string[]; released: boolean }[] = []
  const calls: Call[] = []
  const buffers = new Set<Tensor>()
  let steps = 0
  const fake = (data: FakeTensor['data'], shape: readonly number[], location: string): FakeTensor => {
    const made: FakeTensor = { data, shape, location, dispose: () => void buffers.delete(made) }
    if (location !== 'cpu') buffers.add(made)
    return made
  }
  const runtime: Runtime = {
    device: 'cpu',
    lowering,
    tensor: (data: TensorData, shape) => fake(data as FakeTensor['data'], shape, 'cpu'),
    async session(model, onDevice = []) {
      const own = { model, onDevice, released: false }
      const session = sessions.push(own) - 1
      const { output } = fromBinary(ModelProtoSchema, model).graph!
      return {
        async run(given) {
          const feeds = given as Readonly<Record<string, FakeTensor>>
          for (const { location } of Object.values(feeds)) expect(['cpu', 'gpu-buffer']).toContain(location)
          for (const tensor of Object.values(feeds))
            if (tensor.location !== 'cpu') expect(buffers).toContain(tensor)
          const fed = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]))
          calls.push({ session, fed, feeds })
          const count = feeds.steps ? Number(feeds.steps.data[0]) : 1
          const scripted = Float32Array.from({ length: count }, (_, k) => losses(steps + k + 1))
          if (feeds.scalars) steps += count
          const results = output.map(({ name }): [string, FakeTensor] => {
            const place = onDevice.includes(name) ? 'gpu-buffer' : 'cpu'
            if (name === 'loss') return [name, fake(scripted, [count], place)]
            if (name === 'norm')
              return [
                name,
                fake(
                  scripted.map((loss) => loss / 2),
                  [count],
                  place,
                ),
              ]
            const { data, shape } = feeds[name.replace(/^(next|host)\//, '')]!
            const grown = Float32Array.from(data as Float32Array, (x) => x + (feeds.scalars ? count : 0))
            return [name, fake(grown, shape, place)]
          })
          return Object.fromEntries(results) as Tensors
        },
        release: async () => {
          own.released = true
        },
      }
    },
  }
  return { runtime, sessions, calls, buffers }
}

/** Inputs of a model by name, free dimensions as −1. */
function inputsOf(model: Uint8Array): Record<string, number[]> {
  return Object.fromEntries(
    fromBinary(ModelProtoSchema, model).graph!.input.map(({ name, type }) => {
      const dims = type!.value.case === 'tensorType' ? type!.value.value.shape!.dim : []
      return [name, dims.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : -1))]
    }),
  )
}

const grown = (buckets: readonly Float32Array[], by: number) => buckets.map((data) => data.map((x) => x + by))

const lowerings = [
  ['loops', LOWERINGS.cpu],
  ['takes one step per call', LOWERINGS.webgpu],
] as const

describe.each(lowerings)('a stepper on any runtime that %s', (_, lowering) => {
  const { stepLoop } = lowering

  test('hands out its artifact, loads it once and feeds it exactly its inputs, of their shapes', async () => {
    const { runtime, sessions, calls } = fakeRuntime(lowering)
    const artifacts: Uint8Array[] = []
    const stepper = await createStepper(averaged, startState(averaged, '0'), runtime, (model) =>
      artifacts.push(model),
    )
    await stepper.advance(5)
    await stepper.advance(2)
    expect(artifacts).toEqual([sessions[0]!.model])
    expect(sessions.length).toBe(1)
    expect(calls.length).toBe(stepLoop ? 2 : 7)
    for (const { fed } of calls) {
      const inputs = Object.entries(inputsOf(artifacts[0]!))
      const steps = calls.length === 7 ? -1 : fed.x![0]!
      expect(fed).toEqual(
        Object.fromEntries(inputs.map(([name, shape]) => [name, shape.map((n) => (n < 0 ? steps : n))])),
      )
    }
    if (stepLoop) expect(calls.map(({ feeds }) => Number(feeds.steps!.data[0]))).toEqual([5, 2])
    await stepper.release()
  })

  test('carries its state from call to call and gives it back, with the step', async () => {
    const { runtime } = fakeRuntime(lowering)
    // No two tensors alike.
    const buckets = (kind: number) =>
      [0, 1].map((b) => Float32Array.from([0, 1, 2], (i) => 100 * kind + 10 * b + i))
    const start = {
      step: 30,
      parameters: buckets(1),
      first: buckets(2),
      second: buckets(3),
      average: buckets(4),
    }
    const stepper = await createStepper(averaged, start, runtime)
    expect(await stepper.state()).toEqual(start)
    await stepper.advance(3)
    await stepper.advance(4)
    expect(await stepper.state()).toEqual({
      step: 37,
      parameters: grown(start.parameters, 7),
      first: grown(start.first, 7),
      second: grown(start.second, 7),
      average: grown(start.average, 7),
    })
    await stepper.release()
    const plain = await createStepper(training, startState(training, '0'), runtime)
    expect(Object.keys(await plain.state()).sort()).toEqual(['first', 'parameters', 'second', 'step'])
  })

  test('reads the same batches however many steps a call takes: every epoch holds every item', async () => {
    const itemsOf = async (counts: readonly number[]) => {
      const { runtime, calls } = fakeRuntime(lowering)
      const stepper = await createStepper(training, startState(training, '0'), runtime)
      for (const count of counts) await stepper.advance(count)
      return calls.flatMap(({ feeds }) => Array.from(feeds.x!.data as Float32Array))
    }
    const items = await itemsOf([1, 1, 1, 1])
    for (let epoch = 0; epoch < 4; epoch++)
      expect(items.slice(6 * epoch, 6 * epoch + 6).sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(await itemsOf([4])).toEqual(items)
    expect(await itemsOf([3, 1])).toEqual(items)
  })

  test('records the means of its steps and the learning rate of the last', async () => {
    const { runtime } = fakeRuntime(lowering)
    const stepper = await createStepper(training, startState(training, '0'), runtime)
    const rate = (step: number) => learningRate(training, step)
    expect(await stepper.advance(3)).toEqual({ step: 3, loss: 2, norm: 1, learningRate: rate(3) })
    expect(await stepper.advance(2)).toEqual({ step: 5, loss: 4.5, norm: 2.25, learningRate: rate(5) })
  })

  test('names the first step whose loss is not finite', async () => {
    const { runtime } = fakeRuntime(lowering, (step) => (step === 13 ? Number.NaN : 1))
    const stepper = await createStepper(training, startState(training, '0'), runtime)
    await stepper.advance(10)
    await expect(stepper.advance(5)).rejects.toThrow(/^step 13: the loss is not finite\. Try/)
  })

  test('names the first tensor that is not finite', async () => {
    const { runtime } = fakeRuntime(lowering)
    const start = startState(training, '0')
    const second = [start.second[0]!, Float32Array.of(0, Number.POSITIVE_INFINITY, 0)]
    const stepper = await createStepper(training, { ...start, second }, runtime)
    await expect(stepper.state()).rejects.toThrow(/^step 0: the tensor second\/b is not finite/)
  })

  test('leaves nothing on the device', async () => {
    const { runtime, sessions, buffers } = fakeRuntime(lowering)
    const stepper = await createStepper(averaged, startState(averaged, '0'), runtime)
    const names = ['parameters', 'first', 'second', 'average'].flatMap((kind) => [`${kind}.0`, `${kind}.1`])
    expect(sessions[0]!.onDevice).toEqual(stepLoop ? [] : names.map((name) => `next/${name}`))
    await stepper.advance(5)
    await stepper.state()
    await stepper.advance(5)
    await stepper.state()
    expect(buffers.size).toBe(stepLoop ? 0 : names.length)
    expect(sessions.length).toBe(stepLoop ? 1 : 2)
    await stepper.release()
    expect(buffers.size).toBe(0)
    expect(sessions.every(({ released }) => released)).toBe(true)
  })
})
