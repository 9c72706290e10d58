import { encodeModel } from '../../model/graph/encode.js'
import { Graph, type Lowering } from '../../model/graph/graph.js'
import type { Network } from '../../model/network.js'
import { type ParameterLayout, type Parameters, unpack } from '../../model/parameters.js'

/** A network's model file for a fixed number of strings per call. Its first inputs are the buckets `parameters.0`, …. */
export type NetworkModel = (
  network: Network,
  layout: ParameterLayout,
  batch: number,
  lowering: Lowering,
) => Uint8Array

/**
 * What evaluation and sampling run on, beside the train step.
 *
 * @param build adds the other inputs, what is computed of them, and the outputs
 */
export function networkModel(
  name: string,
  build: (graph: Graph, parameters: Parameters, network: Network, batch: number) => void,
): NetworkModel {
  return (network, layout, batch, lowering) => {
    const graph = new Graph(name, lowering)
    const buckets = layout.sizes.map((size, b) => graph.input(`parameters.${b}`, [size]))
    const parameters = graph.scope('parameters', () => unpack(layout, buckets))
    build(graph, parameters.get, network, batch)
    return encodeModel(graph)
  }
}
