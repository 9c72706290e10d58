import type { Denoiser } from '../model/denoiser.js'
import { LOWERINGS } from '../model/graph/graph.js'
import type { Network } from '../model/network.js'
import { type Buckets, layOut } from '../model/parameters.js'
import type { Process } from '../model/process.js'
import { denoiseModel } from './artifacts/denoise.js'
import { evaluateModel } from './artifacts/evaluate.js'
import { sampleModel } from './artifacts/sample.js'
import {
  createSession,
  type Device,
  doubleTensor,
  floatData,
  floatTensor,
  intTensor,
  type Session,
  type Tensors,
} from './runtime/node.js'

/** Rows (strings × tokens) per call: activations of a study-size network then fit the second-level cache. */
const ROWS = 512

/** A trained network as a {@link Denoiser}, with parameters that can be exchanged between checkpoints. */
export interface NetworkDenoiser extends Denoiser {
  /** Uses these parameters from the next call on. */
  load(parameters: Buckets): void
  release(): Promise<void>
}

const MASKING: Process = { kind: 'absorbing', schedule: { kind: 'linear' }, loss: 'mask-count' }

/** Loads a network for evaluation. Batches of any size are cut into calls of one fixed size. */
export async function networkDenoiser(
  network: Network,
  parameters: Buckets,
  device: Device,
  process: Process = MASKING,
): Promise<NetworkDenoiser> {
  const { tokens: T, vocabulary: V } = network.shape
  const batch = Math.max(1, Math.round(ROWS / T))
  const layout = layOut(network.parameters)
  const lowering = LOWERINGS[device]
  // Sessions are made when first used: sampling needs one, losses another.
  const sessions = new Map<Artifact, Promise<Session>>()
  const session = (artifact: Artifact) => {
    const known = sessions.get(artifact) ?? createSession(artifact(network, layout, batch, lowering), device)
    sessions.set(artifact, known)
    return known
  }
  await session(denoiseModel)
  const bind = (values: Buckets): Tensors =>
    Object.fromEntries(values.map((data, b) => [`parameters.${b}`, floatTensor(data, [data.length])]))
  let bound = bind(parameters)

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
    // An autoregressive network reads the token before the one it predicts, MASK before the first.
    const back = process.kind === 'autoregressive' ? 1 : 0
    await inCalls(strings.length / T, async (turn, first, size) => {
      const tokens = turn(strings, new Int32Array(T * batch).fill(V), back)
      const result = await (await session(denoiseModel)).run({
        ...bound,
        tokens: intTensor(tokens, [T, batch]),
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
        ...bound,
        rows: intTensor(rows, [T, batch]),
        uniforms: doubleTensor(turn(uniforms, new Float64Array(T * batch)), [T, batch]),
        temperature: floatTensor(Float32Array.of(temperature), []),
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
        ...bound,
        tokens: intTensor(tokens, [T, batch]),
        targets: intTensor(turn(truth, new Int32Array(T * batch)), [T * batch]),
        weights: floatTensor(
          Float32Array.from(tokens, (token) => (token === V ? 1 : 0)),
          [T * batch],
        ),
      })
      out.set(floatData(result, 'loss').subarray(0, size), first)
    })
    return out
  }

  return {
    tokens: T,
    vocabulary: V,
    preferredBatch: 4 * batch,
    ...(process.kind === 'absorbing' ? { hiddenLoss } : { process }),
    // The sampler's Loop would leave a WebGPU device at every step.
    ...(process.kind === 'absorbing' && device !== 'webgpu' ? { reveal } : {}),
    logProbabilities: predict,
    load: (values) => {
      bound = bind(values)
    },
    release: async () => {
      for (const loaded of sessions.values()) await (await loaded).release()
    },
  }
}

type Artifact = typeof denoiseModel

/** Writes one call's part of a [B, T] array token-major into `to`, `back` positions later. */
type Turn = <Data extends Int32Array | Float64Array>(from: Data, to: Data, back?: number) => Data
