import type { Denoiser } from '../model/denoiser.js'
import { LOWERINGS } from '../model/graph/graph.js'
import type { Network } from '../model/network.js'
import type { Process } from '../model/noise/process.js'
import { type Buckets, layOut } from '../model/parameters.js'
import { denoiseModel } from './artifacts/denoise.js'
import { createSession, type Device, floatData, floatTensor, intTensor } from './runtime/session.js'

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
  const session = await createSession(denoiseModel(network, layout, batch, LOWERINGS[device]), device)
  const bind = (values: Buckets) =>
    Object.fromEntries(values.map((data, b) => [`parameters.${b}`, floatTensor(data, [data.length])]))
  let bound = bind(parameters)

  return {
    tokens: T,
    vocabulary: V,
    preferredBatch: 4 * batch,
    ...(process.kind === 'absorbing' ? {} : { process }),
    load: (values) => {
      bound = bind(values)
    },
    release: () => session.release(),
    async logProbabilities(strings) {
      const count = strings.length / T
      const out = new Float64Array(count * T * V)
      for (let first = 0; first < count; first += batch) {
        const size = Math.min(batch, count - first)
        // Token-major, padded with MASK up to the fixed batch.
        const tokens = new Int32Array(T * batch).fill(V)
        // An autoregressive network reads the token before the one it predicts, MASK before the first.
        const back = process.kind === 'autoregressive' ? 1 : 0
        for (let b = 0; b < size; b++)
          for (let t = back; t < T; t++) tokens[t * batch + b] = strings[(first + b) * T + t - back]!
        const result = await session.run({ ...bound, tokens: intTensor(tokens, [T, batch]) })
        const values = floatData(result, 'log_probabilities')
        for (let b = 0; b < size; b++) {
          for (let t = 0; t < T; t++) {
            const from = (t * batch + b) * V
            const to = ((first + b) * T + t) * V
            for (let a = 0; a < V; a++) out[to + a] = values[from + a]!
          }
        }
      }
      return out
    },
  }
}
