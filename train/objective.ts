import type { BatchPart } from '../model/batch.js'
import type { ChunkInput, Process } from '../model/denoiser.js'
import type { Value } from '../model/graph/graph.js'
import type { Network } from '../model/network.js'
import type { ParameterSpec, Parameters } from '../model/parameters.js'
import { checkSight } from '../model/sight.js'

/** All that a train step must know of what it minimises. */
export interface Objective {
  readonly parameters: readonly ParameterSpec[]
  /** Rows of activations that one item of a batch takes: what chunks are sized by. */
  readonly rowsPerItem: number
  /** The arrays of a chunk of so many items. */
  inputs(items: number): readonly BatchPart[]
  /**
   * Weighted losses of a chunk, [R, 1]. Summed over a batch they are what is minimised.
   *
   * @param input one chunk's array by name
   */
  losses(parameters: Parameters, input: ChunkInput, items: number): Value
}

/** What a network learns of strings under a process. Throws InputError where it does not see what it should. */
export function tokenObjective(network: Network, process: Process): Objective {
  checkSight(network, process)
  const { length } = network.shape
  return {
    parameters: network.parameters,
    rowsPerItem: length,
    inputs: (items) => process.parts(length, items),
    losses(parameters, input, items) {
      const shape = { length, strings: items }
      const tokens = input('tokens')
      const times = process.times === undefined ? undefined : input('times')
      const logits = network.logits(parameters, tokens, process.chosen(input, shape), times)
      return logits.graph.scope('loss', () => process.losses(logits, input, shape))
    },
  }
}
