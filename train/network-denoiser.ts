import { InputError } from '../common/error.js'
import type { Denoiser, Process } from '../model/denoiser.js'
import type { Network } from '../model/network.js'
import { type Buckets, layOut } from '../model/parameters.js'
import { checkSight } from '../model/sight.js'
import { denoiseModel } from './artifacts/denoise.js'
import { evaluateModel } from './artifacts/evaluate.js'
import type { NetworkModel } from './artifacts/network-model.js'
import { sampleModel } from './artifacts/sample.js'
import { floatData, type Runtime, type Session, type Tensors } from './runtime/runtime.js'

/** Rows (strings × tokens) per call: activations of a study-size network then fit the second-level cache. */
const ROWS = 512

/** A trained network as a {@link Denoiser}, with parameters that can be exchanged between checkpoints. */
export interface NetworkDenoiser extends Denoiser {
  /** Uses these parameters from the next call on. */
  load(parameters: Buckets): void
  release(): Promise<void>
}

/** Loads a network for evaluation. Batches of any size are cut into calls of one fixed size. */
export async function networkDenoiser(
  network: Network,
  process: Process,
  parameters: Buckets,
  runtime: Runtime,
): Promise<NetworkDenoiser> {
  checkSight(network, process)
  const { length: T, vocabulary: V } = network.shape
  const { lowering, tensor } = runtime
  const batch = Math.max(1, Math.round(ROWS / T))
  const layout = layOut(network.parameters)
  // Sessions are made when first used: sampling needs one, losses another.
  const sessions = new Map<NetworkModel, Promise<Session>>()
  const session = (model: NetworkModel) => {
    const known = sessions.get(model) ?? runtime.session(model(network, layout, batch, lowering))
    sessions.set(model, known)
    return known
  }
  await session(denoiseModel)
  const run = async (model: NetworkModel, feeds: Tensors) =>
    (await session(model)).run({ ...weights, ...feeds })
  const bind = (values: Buckets): Tensors =>
    Object.fromEntries(values.map((data, b) => [`parameters.${b}`, tensor(data, [data.length])]))
  let weights = bind(parameters)

  /** Cuts `count` strings into calls of a fixed batch; what is missing from the last one is padding. */
  async function inCalls(count: number, call: (part: Part) => Promise<void>): Promise<void> {
    for (let first = 0; first < count; first += batch) {
      const size = Math.min(batch, count - first)
      await call({
        first,
        size,
        turn(from, to, back = 0) {
          for (let b = 0; b < size; b++)
            for (let t = back; t < T; t++) to[t * batch + b] = from[(first + b) * T + t - back]!
          return to
        },
        turnBack(from, width, to) {
          for (let b = 0; b < size; b++)
            for (let t = 0; t < T; t++)
              for (let a = 0; a < width; a++)
                to[((first + b) * T + t) * width + a] = from[(t * batch + b) * width + a]!
        },
      })
    }
  }

  const predict = async (strings: Int32Array, times?: Int32Array): Promise<Float64Array> => {
    const told = process.times === undefined ? undefined : times
    if (process.times !== undefined && !told)
      throw new InputError('times', undefined, 'the step of each string, which this network is told')
    const out = new Float64Array(strings.length * V)
    await inCalls(strings.length / T, async ({ first, size, turn, turnBack }) => {
      const tokens = turn(strings, new Int32Array(T * batch).fill(V), process.lag)
      const steps = new Int32Array(batch)
      if (told) steps.set(told.subarray(first, first + size))
      const result = await run(denoiseModel, {
        tokens: tensor(tokens, [T, batch]),
        ...(told ? { times: tensor(steps, [batch]) } : {}),
      })
      turnBack(floatData(result, 'log_probabilities'), V, out)
    })
    return out
  }

  const reveal = async (
    orders: Int32Array,
    uniforms: Float64Array,
    temperature: number,
  ): Promise<Int32Array> => {
    const out = new Int32Array(orders.length)
    await inCalls(orders.length / T, async ({ turn, turnBack }) => {
      const rows = turn(orders, new Int32Array(T * batch))
      for (let at = 0; at < rows.length; at++) rows[at] = rows[at]! * batch + (at % batch)
      const result = await run(sampleModel, {
        rows: tensor(rows, [T, batch]),
        uniforms: tensor(turn(uniforms, new Float64Array(T * batch)), [T, batch]),
        temperature: tensor(Float32Array.of(temperature), []),
      })
      turnBack(result.tokens!.data as Int32Array, 1, out)
    })
    return out
  }

  const hiddenLoss = async (strings: Int32Array, truth: Int32Array): Promise<Float64Array> => {
    const out = new Float64Array(strings.length / T)
    await inCalls(out.length, async ({ first, size, turn }) => {
      const tokens = turn(strings, new Int32Array(T * batch).fill(V))
      const result = await run(evaluateModel, {
        tokens: tensor(tokens, [T, batch]),
        targets: tensor(turn(truth, new Int32Array(T * batch)), [T * batch]),
        weights: tensor(
          Float32Array.from(tokens, (token) => (token === V ? 1 : 0)),
          [T * batch],
        ),
      })
      out.set(floatData(result, 'loss').subarray(0, size), first)
    })
    return out
  }

  const asItStands = process.fillsMasks && process.lag === 0
  return {
    length: T,
    vocabulary: V,
    process,
    preferredBatch: 4 * batch,
    // Both read strings as the network does.
    ...(asItStands ? { hiddenLoss } : {}),
    // Without a Loop on the device the sampler would leave it at every step.
    ...(asItStands && lowering.stepLoop ? { reveal } : {}),
    logProbabilities: predict,
    load: (values) => {
      weights = bind(values)
    },
    release: async () => {
      for (const loaded of sessions.values()) await (await loaded).release()
    },
  }
}

/** The strings of one call. */
interface Part {
  readonly first: number
  readonly size: number
  /** Writes their part of a [B, T] array token-major into `to`, `back` positions later. */
  turn<Data extends Int32Array | Float64Array>(from: Data, to: Data, back?: number): Data
  /** Writes token-major numbers, `width` per token, into their part of [B, T, width]. */
  turnBack(from: ArrayLike<number>, width: number, to: Int32Array | Float64Array): void
}
