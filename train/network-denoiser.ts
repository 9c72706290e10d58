import type { Denoiser, Process } from '../model/denoiser.js'
import type { Network } from '../model/network.js'
import { type Buckets, layOut } from '../model/parameters.js'
import { checkSight } from '../model/sight.js'
import { denoiseModel } from './artifacts/denoise.js'
import { evaluateModel } from './artifacts/evaluate.js'
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
  const sessions = new Map<Artifact, Promise<Session>>()
  const session = (artifact: Artifact) => {
    const known = sessions.get(artifact) ?? runtime.session(artifact(network, layout, batch, lowering))
    sessions.set(artifact, known)
    return known
  }
  await session(denoiseModel)
  const bind = (values: Buckets): Tensors =>
    Object.fromEntries(values.map((data, b) => [`parameters.${b}`, tensor(data, [data.length])]))
  let weights = bind(parameters)

  /** Cuts [B, T] arrays into calls; `call` gets each part turned token-major and padded to the fixed batch. */
  async function inCalls(
    count: number,
    call: (turn: Turn, first: number, size: number) => Promise<void>,
  ): Promise<void> {
    for (let first = 0; first < count; first += batch) {
      const size = Math.min(batch, count - first)
      const turn: Turn = (from, to, back = 0) => {
        for (let b = 0; b < size; b++)
          for (let t = back; t < T; t++) to[t * batch + b] = from[(first + b) * T + t - back]!
        return to
      }
      await call(turn, first, size)
    }
  }

  const predict = async (strings: Int32Array): Promise<Float64Array> => {
    const out = new Float64Array(strings.length * V)
    await inCalls(strings.length / T, async (turn, first, size) => {
      const tokens = turn(strings, new Int32Array(T * batch).fill(V), process.lag)
      const result = await (await session(denoiseModel)).run({
        ...weights,
        tokens: tensor(tokens, [T, batch]),
      })
      const values = floatData(result, 'log_probabilities')
      for (let b = 0; b < size; b++) {
        for (let t = 0; t < T; t++) {
          const from = (t * batch + b) * V
          const to = ((first + b) * T + t) * V
          for (let a = 0; a < V; a++) out[to + a] = values[from + a]!
        }
      }
    })
    return out
  }

  const reveal = async (
    orders: Int32Array,
    uniforms: Float64Array,
    temperature: number,
  ): Promise<Int32Array> => {
    const out = new Int32Array(orders.length)
    await inCalls(orders.length / T, async (turn, first, size) => {
      const rows = turn(orders, new Int32Array(T * batch))
      for (let at = 0; at < rows.length; at++) rows[at] = rows[at]! * batch + (at % batch)
      const result = await (await session(sampleModel)).run({
        ...weights,
        rows: tensor(rows, [T, batch]),
        uniforms: tensor(turn(uniforms, new Float64Array(T * batch)), [T, batch]),
        temperature: tensor(Float32Array.of(temperature), []),
      })
      const tokens = result.tokens!.data as Int32Array
      for (let b = 0; b < size; b++)
        for (let t = 0; t < T; t++) out[(first + b) * T + t] = tokens[t * batch + b]!
    })
    return out
  }

  const hiddenLoss = async (strings: Int32Array, truth: Int32Array): Promise<Float64Array> => {
    const out = new Float64Array(strings.length / T)
    await inCalls(out.length, async (turn, first, size) => {
      const tokens = turn(strings, new Int32Array(T * batch).fill(V))
      const result = await (await session(evaluateModel)).run({
        ...weights,
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

type Artifact = typeof denoiseModel

/** Writes one call's part of a [B, T] array token-major into `to`, `back` positions later. */
type Turn = <Data extends Int32Array | Float64Array>(from: Data, to: Data, back?: number) => Data
