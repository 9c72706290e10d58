import { tensorsOf } from '../model/parameters.js'
import type { Assembly } from '../run/assembly.js'
import { batchSource } from '../train/batches.js'
import { encodeSafetensors } from '../train/safetensors.js'
import type { TrainState } from '../train/training.js'

/**
 * The file from which a peer repeats the first steps of a run (`bench/peers/peer.py` says what stands in it). Ours lists the
 * rows that carry loss; here every row has a target and a weight, 0 where it carries none.
 *
 * @returns also the share of rows that carry loss
 */
export function problemOf(
  { config, network, training }: Assembly,
  start: TrainState,
  calls: number,
  steps: number,
): { readonly file: Uint8Array; readonly lossRows: number } {
  const T = network.shape.length
  const B = config.batch
  const { arrays } = batchSource(training, B)(0, calls * steps)
  const scored = arrays.rows!.length / (calls * steps)
  const [tokens, targets, weights] = [0, 1, 2].map(() => new Float32Array(arrays.tokens!.length))
  // Rows of ours are token-major, t·B + b; a peer's are b·T + t.
  const place = (step: number, row: number) => (step * B + (row % B)) * T + Math.floor(row / B)
  arrays.tokens!.forEach((token, at) => {
    tokens![place(Math.floor(at / (T * B)), at % (T * B))] = token
  })
  arrays.rows!.forEach((row, at) => {
    const to = place(Math.floor(at / scored), row)
    targets![to] = arrays.targets![at]!
    weights![to] = arrays.weights![at]!
  })
  const shape = [calls, steps, B, T]
  const batches = Object.entries({ tokens, targets, weights }).map(([name, data]) => ({
    name,
    shape,
    data: data!,
  }))
  const parameters = [...tensorsOf(training.layout, start.parameters)].map(({ spec, data }) => ({
    name: spec.name,
    shape: spec.shape,
    data,
  }))
  const file = encodeSafetensors([...parameters, ...batches], {
    config: JSON.stringify({ ...config.model, ...config.optimiser }),
  })
  return { file, lossRows: scored / (T * B) }
}
