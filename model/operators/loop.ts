import type { Graph, Value } from '../graph/graph.js'
import { take } from './shape.js'

/** The inside of a loop while it is being built. */
export interface LoopBody {
  readonly graph: Graph
  /** This trip's slice of a value stacked over trips, [trips, …]. */
  at(stacked: Value): Value
  /** A value that every trip hands to the next; `start` enters the first. */
  carry(name: string, start: Value): Value
}

/**
 * One ONNX Loop. `build` returns the carried values' next states, in the order of its `carry` calls, and values that are
 * collected over trips. Not recorded: what is differentiated stands inside, or meets the loop at a frontier.
 *
 * @param trips int64 scalar
 * @returns the carried values after the last trip, then the collected ones, [trips, …]
 */
export function loop(
  outer: Graph,
  name: string,
  trips: Value,
  build: (body: LoopBody) => { readonly next: readonly Value[]; readonly collected?: readonly Value[] },
  options: { readonly length?: number; readonly names?: readonly string[] } = {},
): Value[] {
  const graph = outer.nested(name)
  const iteration = graph.input('iteration', [], 'int64')
  const condition = graph.input('condition', [], 'bool')
  const starts: Value[] = []
  const { next, collected = [] } = build({
    graph,
    at: (stacked) => take(stacked, iteration),
    carry: (label, start) => {
      starts.push(start)
      return graph.input(`in/${label}`, start.shape, start.dataType)
    },
  })
  graph.output(graph.emit('Identity', [condition], [], { dataType: 'bool' }))
  for (const value of [...next, ...collected]) graph.output(value)
  const shapes = [
    ...starts.map((start) => start.shape),
    ...collected.map(({ shape }) => [options.length ?? 1, ...shape]),
  ]
  const results = outer.emitMany('Loop', [trips, undefined, ...starts], shapes, {
    attributes: { body: graph },
    ...(options.names ? { names: options.names } : {}),
  })
  return [...next, ...collected].map(({ dataType }, i) => ({ ...results[i]!, dataType }))
}
