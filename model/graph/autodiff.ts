import type { Graph, Shape, Value } from './graph.js'

/**
 * Reverse-mode differentiation: replays the tape backwards and emits the vector-Jacobian products into the
 * same graph.
 *
 * @param seeds pairs of an output and its cotangent, a value of the same shape
 * @param wrt values to differentiate by
 * @param sums where a cotangent's sum begins, one per `wrt`: accumulators of a loop over parts of a batch
 * @returns one cotangent per `wrt`, in order
 * @throws Error where a `wrt` does not influence any seed
 *
 * @example
 * ```ts
 * import { encodeModel, Graph, gradients, operators } from 'pcfg-diffusion/model'
 * import { nodeRuntime } from 'pcfg-diffusion/train'
 *
 * const graph = new Graph('squares')
 * const x = graph.input('x', [3])
 * const weights = graph.constant(Float32Array.of(1, 1, 10), [3])
 * const [dx] = gradients(graph, [[operators.mul(x, x), weights]], [x])
 * graph.output(dx, 'dx')
 *
 * const { session, tensor } = nodeRuntime('cpu')
 * const results = await (await session(encodeModel(graph))).run({ x: tensor(Float32Array.of(1, 2, 3), [3]) })
 * results.dx.data // → [2, 4, 60]
 * ```
 */
export function gradients(
  graph: Graph,
  seeds: readonly (readonly [Value, Value])[],
  wrt: readonly Value[],
  sums: readonly Value[] = [],
): Value[] {
  // 1. Which values depend on `wrt`? Only their cotangents are worth computing.
  const active = dependents(graph, wrt)

  // 2. Backwards over the tape, summing cotangents per value.
  const cotangents = new Map<string, Value>(sums.map((sum, i) => [wrt[i]!.name, sum]))
  for (const [output, cotangent] of seeds) cotangents.set(output.name, cotangent)
  for (let i = graph.tape.length - 1; i >= 0; i--) {
    const entry = graph.tape[i]!
    const arrived = entry.outputs.map((output) => cotangents.get(output.name))
    if (!arrived.some(Boolean) || !entry.outputs.some((output) => active.has(output.name))) continue
    graph.backward(entry.scope, () => {
      const pullbacks = entry.pullbacks(
        arrived.map((cotangent, o) => cotangent ?? zeros(graph, entry.outputs[o]!.shape)),
      )
      entry.inputs.forEach((input, position) => {
        const pullback = pullbacks[position]
        if (!pullback || !active.has(input.name)) return
        cotangents.set(input.name, pullback(cotangents.get(input.name)))
      })
    })
  }

  // 3. What arrived.
  return wrt.map((value) => {
    const cotangent = cotangents.get(value.name)
    if (!cotangent) throw new Error(`gradients: ${value.name} does not influence the differentiated outputs`)
    return cotangent
  })
}

/**
 * The values of enclosing graphs through which a nested graph depends on `wrt`: its own inputs among them, and what the
 * enclosing graph made of them. Differentiate the nested graph by these, then the enclosing one by `wrt`.
 */
export function frontier(nested: Graph, wrt: readonly Value[]): Value[] {
  const active = dependents(nested.parent!, wrt)
  const found = new Map<string, Value>()
  for (const { inputs } of nested.tape) {
    for (const input of inputs)
      if (input.graph !== nested && active.has(input.name)) found.set(input.name, input)
  }
  return [...found.values()]
}

/** Names of all values on a graph's tape that depend on `wrt`, and of `wrt` themselves. */
function dependents(graph: Graph, wrt: readonly Value[]): Set<string> {
  const active = new Set(wrt.map((value) => value.name))
  for (const { inputs, outputs } of graph.tape) {
    if (inputs.some((input) => active.has(input.name))) for (const { name } of outputs) active.add(name)
  }
  return active
}

/** Where sums of cotangents begin, and the cotangent of an output that nothing used. */
export function zeros(graph: Graph, shape: Shape): Value {
  return graph.emit('ConstantOfShape', [graph.integers(shape)], shape, { dataType: 'float32' })
}
