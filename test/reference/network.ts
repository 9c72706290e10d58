import { gradients } from '../../model/graph/autodiff.js'
import { encodeModel } from '../../model/graph/encode.js'
import { Graph, LOWERINGS, type Lowering, type Shape, sizeOf, type Value } from '../../model/graph/graph.js'
import { nodeRuntime } from '../../train/runtime/node.js'
import type { Tensors } from '../../train/runtime/runtime.js'

export const runtime = nodeRuntime('cpu')

export interface TestInput {
  readonly shape: Shape
  readonly data: Float32Array
}

/** Deterministic values in about [−1, 1], no two alike. */
export function values(shape: Shape, seed = 1): TestInput {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.sin(12.9898 * (i + 1) + 78.233 * seed),
  )
  return { shape, data }
}

/**
 * Builds a graph of float inputs, runs it, and returns its outputs by name.
 * @param build returns the outputs
 */
export async function runGraph(
  inputs: Readonly<Record<string, TestInput>>,
  integers: Readonly<Record<string, { shape: Shape; data: Int32Array }>>,
  build: (values: Readonly<Record<string, Value>>, graph: Graph) => Readonly<Record<string, Value>>,
  lowering: Lowering = LOWERINGS.cpu,
): Promise<{
  outputs: Tensors
  run: (replaced: Readonly<Record<string, Float32Array>>) => Promise<Tensors>
  graph: Graph
}> {
  const graph = new Graph('test', lowering)
  const bound: Record<string, Value> = {}
  for (const [name, { shape }] of Object.entries(inputs)) bound[name] = graph.input(name, shape)
  for (const [name, { shape }] of Object.entries(integers)) bound[name] = graph.input(name, shape, 'int32')
  for (const [name, value] of Object.entries(build(bound, graph))) graph.output(value, name)
  const session = await runtime.session(encodeModel(graph))
  const run = (replaced: Readonly<Record<string, Float32Array>>) =>
    session.run({
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, data }]) => [
          name,
          runtime.tensor(replaced[name] ?? data, shape),
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(integers).map(([name, { shape, data }]) => [name, runtime.tensor(data, shape)]),
      ),
    })
  return { outputs: await run({}), run, graph }
}

/**
 * Largest difference between the built gradient of Σ weight·output and central differences with Richardson
 * extrapolation, over all entries of all float inputs, relative to the largest entry.
 */
export async function gradientError(
  inputs: Readonly<Record<string, TestInput>>,
  build: (values: Readonly<Record<string, Value>>, graph: Graph) => Value,
  options: {
    integers?: Readonly<Record<string, { shape: Shape; data: Int32Array }>>
    lowering?: Lowering
    step?: number
  } = {},
): Promise<number> {
  const names = Object.keys(inputs)
  const { outputs, run } = await runGraph(
    inputs,
    options.integers ?? {},
    (bound, graph) => {
      const y = build(bound, graph)
      const weights = graph.constant(values(y.shape, 7).data, y.shape, 'weights')
      const slopes = gradients(
        graph,
        [[y, weights]],
        names.map((name) => bound[name]!),
      )
      return { y, ...Object.fromEntries(names.map((name, i) => [`d_${name}`, slopes[i]!])) }
    },
    options.lowering,
  )
  const weights = values([(outputs.y!.data as Float32Array).length], 7).data
  const objective = async (replaced: Readonly<Record<string, Float32Array>>) => {
    const y = (await run(replaced)).y!.data as Float32Array
    return y.reduce((sum, value, i) => sum + value * weights[i]!, 0)
  }
  let [worst, scale] = [0, 0]
  for (const name of names) {
    const built = outputs[`d_${name}`]!.data as Float32Array
    for (let i = 0; i < built.length; i++) {
      const difference = async (step: number) => {
        const at = async (offset: number) => {
          const moved = Float32Array.from(inputs[name]!.data)
          moved[i]! += offset
          return objective({ [name]: moved })
        }
        return ((await at(step)) - (await at(-step))) / (2 * step)
      }
      const h = options.step ?? 0.05
      const numeric = (4 * (await difference(h / 2)) - (await difference(h))) / 3
      worst = Math.max(worst, Math.abs(numeric - built[i]!))
      scale = Math.max(scale, Math.abs(built[i]!))
    }
  }
  return worst / scale
}
