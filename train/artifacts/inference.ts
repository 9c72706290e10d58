import { encodeModel } from '../../model/graph/encode.js'
import { FREE_SIZE, Graph, LOWERINGS } from '../../model/graph/graph.js'
import type { Network } from '../../model/network.js'
import { reshape } from '../../model/operators/arithmetic.js'
import { transpose } from '../../model/operators/shape.js'
import { type Buckets, embed, type ParameterLayout } from '../../model/parameters.js'

/** A logit that no softmax notices. */
const NEVER = -1e4

/**
 * An ordinary model file for any ONNX runtime: weights inside, standard operators only, free batch size.
 *
 * Input `input_ids` int64 [batch, T]; ids 0..V−1 are tokens, every larger id reads as MASK. Output `logits`
 * float32 [batch, T, V + extra]: the `extra` ids after the tokens (MASK and other special ones) are never predicted.
 */
export function inferenceModel(
  network: Network,
  layout: ParameterLayout,
  values: Buckets,
  extra: number,
): Uint8Array {
  const graph = new Graph('model', LOWERINGS.webgpu)
  const { length: T, vocabulary: V } = network.shape
  const ids = graph.input('input_ids', [FREE_SIZE, T], 'int64')
  const mask = graph.constant(BigInt64Array.of(BigInt(V)), [], 'mask_id')
  const tokens = transpose(graph.emit('Min', [ids, mask], ids.shape), [1, 0])
  const logits = network.logits(embed(graph, layout, values), tokens)
  const byString = transpose(reshape(logits, [T, FREE_SIZE, V]), [1, 0, 2])
  const pads = graph.integers([0, 0, 0, 0, 0, extra])
  graph.output(
    graph.emit('Pad', [byString, pads, graph.scalar(NEVER)], [FREE_SIZE, T, V + extra], { name: 'logits' }),
  )
  return encodeModel(graph)
}
