/**
 * A traced ONNX graph with static shapes.
 *
 * Operators (model/operators) emit nodes here and record how cotangents flow back through them; `gradients`
 * (autodiff.ts) replays that tape backwards into the same graph; `encode.ts` writes the file. Nothing here
 * knows what the network is for.
 */

import { LOWERINGS, type Lowering } from './lowering.js'

export { LOWERINGS, type Lowering } from './lowering.js'

export type DataType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool'

export type Shape = readonly number[]

/** A named tensor of a graph. Shapes are known when the graph is built. */
export interface Value {
  readonly graph: Graph
  readonly name: string
  readonly shape: Shape
  readonly dataType: DataType
}

export type Attribute = number | readonly number[] | string | { readonly float: number } | Graph

export interface Node {
  readonly operator: string
  /** Empty string: an optional input left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly domain: string
  readonly name: string
}

export interface Constant {
  readonly name: string
  readonly shape: Shape
  readonly data: Float32Array | Int32Array | BigInt64Array
}

/** Computes one input's cotangent from the output's; adds it to `into` where a sum has begun. */
export type Pullback = (into: Value | undefined) => Value

/** One differentiable step: given its outputs' cotangents, how each input's is computed. */
export interface TapeEntry {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly scope: string
  readonly pullbacks: (cotangents: readonly Value[]) => readonly (Pullback | undefined)[]
}

/**
 * A dimension that stays free in the file. It is traced at a large prime size; every dimension that is a
 * multiple of that prime is written as symbolic, and reshapes use −1 for it.
 */
export const FREE_SIZE = 1_000_003

/**
 * A graph that is being traced: operators add nodes to it, and record how cotangents flow back through them.
 *
 * @example
 * ```ts
 * import { encodeModel, Graph, operators } from 'pcfg-diffusion/model'
 * import { nodeRuntime } from 'pcfg-diffusion/train'
 *
 * const graph = new Graph('sum of squares')
 * const x = graph.input('x', [3])
 * graph.output(operators.reduceSum(operators.mul(x, x), [0]), 'y')
 *
 * const { session, tensor } = nodeRuntime('cpu')
 * const { y } = await (await session(encodeModel(graph))).run({ x: tensor(Float32Array.of(1, 2, 3), [3]) })
 * y.data // → [14]
 * ```
 */
export class Graph {
  readonly nodes: Node[] = []
  readonly inputs: Value[] = []
  readonly outputs: Value[] = []
  readonly constants: Constant[] = []
  readonly tape: TapeEntry[] = []
  /** 0 for a model's main graph, one more for each graph nested in another. */
  readonly depth: number
  readonly #root: Graph
  readonly #names: Map<string, number>
  readonly #shared = new Map<string, Value>()
  #scope: string
  #recording = true

  constructor(
    readonly name: string,
    readonly lowering: Lowering = LOWERINGS.cpu,
    readonly parent?: Graph,
  ) {
    this.depth = parent ? parent.depth + 1 : 0
    this.#root = parent ? parent.#root : this
    this.#names = parent ? this.#root.#names : new Map()
    this.#scope = parent ? `${name}/` : ''
  }

  /** A graph nested in this one (a Loop body); it may use this graph's values by name. */
  nested(name: string): Graph {
    return new Graph(name, this.lowering, this)
  }

  input(name: string, shape: Shape, dataType: DataType = 'float32'): Value {
    const value = this.#value(this.#unique(name), shape, dataType)
    this.inputs.push(value)
    return value
  }

  output(value: Value, name?: string): void {
    const renamed = name === undefined ? value : this.emit('Identity', [value], value.shape, { name })
    this.outputs.push(renamed)
  }

  /** Adds a node with one output. `name` makes the output's name exact instead of scoped and counted. */
  emit(
    operator: string,
    inputs: readonly (Value | undefined)[],
    shape: Shape,
    options: {
      readonly attributes?: Readonly<Record<string, Attribute>>
      readonly dataType?: DataType
      readonly domain?: string
      readonly name?: string
    } = {},
  ): Value {
    return this.emitMany(operator, inputs, [shape], options)[0]!
  }

  /** Adds a node with several outputs; a null shape leaves that output out. */
  emitMany(
    operator: string,
    inputs: readonly (Value | undefined)[],
    shapes: readonly (Shape | null)[],
    options: {
      readonly attributes?: Readonly<Record<string, Attribute>>
      readonly dataType?: DataType | undefined
      readonly domain?: string
      readonly name?: string
      /** Exact names of all outputs. */
      readonly names?: readonly string[]
    } = {},
  ): Value[] {
    const dataType = options.dataType ?? inputs.find((value) => value)?.dataType ?? 'float32'
    const base = options.name ?? this.#unique(`${this.#scope}${operator}`)
    const outputs = shapes.map((shape, i) =>
      this.#value(
        shape === null ? '' : (options.names?.[i] ?? (i === 0 ? base : `${base}.${i}`)),
        shape ?? [],
        dataType,
      ),
    )
    this.nodes.push({
      operator,
      inputs: inputs.map((value) => value?.name ?? ''),
      outputs: outputs.map((value) => value.name),
      attributes: options.attributes ?? {},
      domain: options.domain ?? '',
      name: base,
    })
    return outputs
  }

  /** A constant tensor, stored once in the outermost graph. */
  constant(data: Constant['data'], shape: Shape, name = 'constant'): Value {
    const root = this.#root
    const dataType = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64'
    const key =
      data.length <= 16 ? `${dataType}[${shape}]${Array.from(data as ArrayLike<unknown>).join()}` : undefined
    const known = key && root.#shared.get(key)
    if (known) return { ...known, graph: this }
    const value = this.#value(root.#unique(name), shape, dataType)
    root.constants.push({ name: value.name, shape, data })
    if (key) root.#shared.set(key, value)
    return value
  }

  scalar(x: number): Value {
    return this.constant(Float32Array.of(x), [], `scalar/${x}`)
  }

  integers(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], `integers/${values.join('_')}`)
  }

  /**
   * Runs `build` with names prefixed, so that the file reads like the network. Enclosing graphs take the prefix too:
   * what depends only on their values is emitted there.
   */
  scope<Result>(name: string, build: () => Result): Result {
    return this.#with(`${this.#scope}${name}/`, this.#recording, () =>
      this.parent ? this.parent.scope(name, build) : build(),
    )
  }

  /** Remembers how cotangents flow through `output`; returns it. Silent while gradients are being built. */
  record(
    inputs: readonly Value[],
    output: Value,
    pullbacks: (cotangent: Value) => readonly (Pullback | undefined)[],
  ): Value {
    return this.recordMany(inputs, [output], ([cotangent]) => pullbacks(cotangent!))[0]!
  }

  /** The same for a step with several outputs. */
  recordMany(
    inputs: readonly Value[],
    outputs: readonly Value[],
    pullbacks: TapeEntry['pullbacks'],
  ): readonly Value[] {
    if (this.#recording) this.tape.push({ inputs, outputs, scope: this.#scope, pullbacks })
    return outputs
  }

  /** Runs `build` without recording: for an operator that records itself as one step. */
  silently<Result>(build: () => Result): Result {
    return this.#with(this.#scope, false, () => (this.parent ? this.parent.silently(build) : build()))
  }

  /** A constant that is filled once per model and found again under its name. */
  shared(name: string, shape: Shape, fill: () => Constant['data']): Value {
    const root = this.#root
    const known = root.#shared.get(name) ?? this.constant(fill(), shape, name)
    root.#shared.set(name, known)
    return { ...known, graph: this }
  }

  /** Runs `build` without recording, named under `gradient/` and the scope it belongs to. */
  backward<Result>(scope: string, build: () => Result): Result {
    return this.#with(`gradient/${scope}`, false, () => this.silently(build))
  }

  #with<Result>(scope: string, recording: boolean, build: () => Result): Result {
    const outer = [this.#scope, this.#recording] as const
    this.#scope = scope
    this.#recording = recording
    try {
      return build()
    } finally {
      ;[this.#scope, this.#recording] = outer
    }
  }

  #value(name: string, shape: Shape, dataType: DataType): Value {
    return { graph: this, name, shape, dataType }
  }

  #unique(name: string): string {
    const used = this.#names.get(name) ?? 0
    this.#names.set(name, used + 1)
    return used === 0 ? name : `${name}_${used}`
  }
}

/** The innermost graph among some values: where an operator on them belongs. */
export function graphOf(...values: readonly Value[]): Graph {
  return values.reduce(
    (inner, value) => (value.graph.depth > inner.depth ? value.graph : inner),
    values[0]!.graph,
  )
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** A programming error in a graph: the message shows the shapes involved. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'

  constructor(operator: string, problem: string, values: readonly Value[]) {
    const shapes = values.map(({ name, shape }) => `${name} [${shape.join(', ')}]`)
    super(`${operator}: ${problem}: ${shapes.join(', ')}`)
  }
}
