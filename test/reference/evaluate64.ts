import type { Attribute, Graph, Node } from '../../model/graph/graph.js'
import { erf } from './transformer64.js'

/** A dense tensor in float64. */
export interface Tensor64 {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/**
 * Evaluates a traced graph in float64, operator by operator, with nothing shared with the runtime: what a graph means,
 * to the precision that central differences need. Throws on operators it does not know.
 */
export function evaluate64(
  graph: Graph,
  inputs: Readonly<Record<string, Tensor64>>,
): (name: string) => Tensor64 {
  const known = new Map<string, Tensor64>(Object.entries(inputs))
  for (const { name, shape, data } of graph.constants)
    known.set(name, { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) })
  const get = (name: string) => {
    const value = known.get(name)
    if (!value) throw new Error(`evaluate64: ${name} is not known`)
    return value
  }
  for (const node of graph.nodes) {
    const results = apply(node, node.inputs.filter(Boolean).map(get))
    node.outputs.forEach((name, i) => {
      if (name) known.set(name, results[i]!)
    })
  }
  return get
}

function apply(node: Node, x: readonly Tensor64[]): Tensor64[] {
  const { attributes } = node
  const flag = (name: string) => attributes[name] === 1
  const real = (name: string, otherwise: number) =>
    (attributes[name] as { float: number } | undefined)?.float ?? otherwise
  const [a, b] = x as [Tensor64, Tensor64]
  switch (node.operator) {
    case 'Add':
      return [binary(a, b, (p, q) => p + q)]
    case 'Sub':
      return [binary(a, b, (p, q) => p - q)]
    case 'Mul':
      return [binary(a, b, (p, q) => p * q)]
    case 'Div':
      return [binary(a, b, (p, q) => p / q)]
    case 'Mod':
      return [binary(a, b, (p, q) => p % q)]
    case 'Neg':
      return [map(a, (p) => -p)]
    case 'Exp':
      return [map(a, Math.exp)]
    case 'Log':
      return [map(a, Math.log)]
    case 'Sqrt':
      return [map(a, Math.sqrt)]
    case 'Tanh':
      return [map(a, Math.tanh)]
    case 'Erf':
      return [map(a, erf)]
    case 'Identity':
      return [a]
    case 'Expand':
      return [
        binary(
          a,
          tensor(Array.from(b.data), () => 0),
          (p) => p,
        ),
      ]
    case 'Reshape': {
      const target = Array.from(b.data)
      return [{ shape: target, data: a.data }]
    }
    case 'Transpose':
      return [transpose(a, attributes.perm as readonly number[])]
    case 'Concat':
      return [concat(x, attributes.axis as number)]
    case 'Split':
      return split(a, attributes.axis as number, Array.from(b.data))
    case 'Gather':
      return [gather(a, b)]
    case 'ReduceSum':
      return [reduce(a, Array.from(b.data), false)]
    case 'ReduceMean':
      return [reduce(a, attributes.axes as readonly number[], true)]
    case 'Softmax':
      return [rows(a, softmax)]
    case 'LayerNormalization': {
      const epsilon = real('epsilon', 1e-5)
      const width = a.shape.at(-1)!
      const moments = Array.from({ length: a.data.length / width }, (_, i) =>
        momentsOf(a.data.subarray(i * width, (i + 1) * width)),
      )
      const perRow = (of: (mean: number, variance: number) => number): Tensor64 => ({
        shape: [...a.shape.slice(0, -1), 1],
        data: Float64Array.from(moments, (own) => of(...own)),
      })
      return [
        rows(a, (row) => normalise(row, epsilon)),
        perRow((mean) => mean),
        perRow((_, variance) => 1 / Math.sqrt(variance + epsilon)),
      ]
    }
    case 'Gemm': {
      const left = flag('transA') ? transpose(a, [1, 0]) : a
      const right = flag('transB') ? transpose(b, [1, 0]) : b
      const product = map(matrices(left, right), (p) => p * real('alpha', 1))
      return [
        x[2]
          ? binary(
              product,
              map(x[2], (p) => p * real('beta', 1)),
              (p, q) => p + q,
            )
          : product,
      ]
    }
    case 'MatMul':
      return [matrices(a, b)]
    case 'FusedMatMul': {
      const left = operand(a, flag('transBatchA'), flag('transA'))
      const right = operand(b, flag('transBatchB'), flag('transB'))
      return [map(matrices(left, right), (p) => p * real('alpha', 1))]
    }
    default:
      throw new Error(`evaluate64: ${node.operator} is not known ${JSON.stringify(shown(attributes))}`)
  }
}

const shown = (attributes: Readonly<Record<string, Attribute>>) => Object.keys(attributes)
const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)
const tensor = (shape: readonly number[], at: (index: number) => number): Tensor64 => ({
  shape,
  data: Float64Array.from({ length: sizeOf(shape) }, (_, index) => at(index)),
})
const map = (x: Tensor64, f: (value: number) => number) => tensor(x.shape, (i) => f(x.data[i]!))

/** Mixed-radix digits of a flat index. */
function digits(index: number, shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    out[axis] = index % shape[axis]!
    index = Math.floor(index / shape[axis]!)
  }
  return out
}

const flat = (position: readonly number[], shape: readonly number[]) =>
  position.reduce((index, digit, axis) => index * shape[axis]! + digit, 0)

function binary(a: Tensor64, b: Tensor64, f: (p: number, q: number) => number): Tensor64 {
  const rank = Math.max(a.shape.length, b.shape.length)
  const [p, q] = [a, b].map(({ shape }) => [...new Array<number>(rank - shape.length).fill(1), ...shape])
  const shape = p!.map((n, axis) => Math.max(n, q![axis]!))
  const read = (x: Tensor64, padded: readonly number[], position: readonly number[]) =>
    x.data[
      flat(
        position.map((digit, axis) => (padded[axis] === 1 ? 0 : digit)),
        padded,
      )
    ]!
  return tensor(shape, (i) => {
    const position = digits(i, shape)
    return f(read(a, p!, position), read(b, q!, position))
  })
}

function transpose(x: Tensor64, perm: readonly number[]): Tensor64 {
  const shape = perm.map((axis) => x.shape[axis]!)
  return tensor(shape, (i) => {
    const to = digits(i, shape)
    const from = new Array<number>(perm.length)
    perm.forEach((axis, place) => {
      from[axis] = to[place]!
    })
    return x.data[flat(from, x.shape)]!
  })
}

function operand(x: Tensor64, batchInMiddle: boolean, transposed: boolean): Tensor64 {
  const heads = batchInMiddle ? transpose(x, [1, 0, 2]) : x
  return transposed ? transpose(heads, [0, 2, 1]) : heads
}

/** Batched matrix product of equal batch shapes. */
function matrices(a: Tensor64, b: Tensor64): Tensor64 {
  const [m, k] = a.shape.slice(-2) as [number, number]
  const n = b.shape[b.shape.length - 1]!
  return tensor([...a.shape.slice(0, -2), m, n], (i) => {
    const [batch, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n]
    let sum = 0
    for (let j = 0; j < k; j++)
      sum += a.data[(batch * m + row) * k + j]! * b.data[(batch * k + j) * n + column]!
    return sum
  })
}

function gather(table: Tensor64, indices: Tensor64): Tensor64 {
  const width = sizeOf(table.shape.slice(1))
  return tensor(
    [...indices.shape, ...table.shape.slice(1)],
    (i) => table.data[indices.data[Math.floor(i / width)]! * width + (i % width)]!,
  )
}

function concat(parts: readonly Tensor64[], axis: number): Tensor64 {
  const lengths = parts.map((part) => part.shape[axis]!)
  const shape = parts[0]!.shape.map((n, i) => (i === axis ? lengths.reduce((p, q) => p + q, 0) : n))
  return tensor(shape, (i) => {
    const position = digits(i, shape)
    let part = 0
    while (position[axis]! >= lengths[part]!) position[axis]! -= lengths[part++]!
    return parts[part]!.data[flat(position, parts[part]!.shape)]!
  })
}

function split(x: Tensor64, axis: number, lengths: readonly number[]): Tensor64[] {
  let start = 0
  return lengths.map((length) => {
    const from = start
    start += length
    const shape = x.shape.map((n, i) => (i === axis ? length : n))
    return tensor(shape, (i) => {
      const position = digits(i, shape)
      position[axis]! += from
      return x.data[flat(position, x.shape)]!
    })
  })
}

function reduce(x: Tensor64, axes: readonly number[], mean: boolean): Tensor64 {
  const shape = x.shape.map((n, i) => (axes.includes(i) ? 1 : n))
  const out = new Float64Array(sizeOf(shape))
  x.data.forEach((value, i) => {
    out[
      flat(
        digits(i, x.shape).map((digit, axis) => (axes.includes(axis) ? 0 : digit)),
        shape,
      )
    ]! += value
  })
  const count = mean ? x.data.length / out.length : 1
  return { shape, data: out.map((value) => value / count) }
}

function rows(x: Tensor64, f: (row: Float64Array) => Float64Array): Tensor64 {
  const width = x.shape[x.shape.length - 1]!
  const data = new Float64Array(x.data.length)
  for (let start = 0; start < data.length; start += width)
    data.set(f(x.data.subarray(start, start + width)), start)
  return { shape: x.shape, data }
}

function softmax(row: Float64Array): Float64Array {
  const peak = Math.max(...row)
  const exps = row.map((value) => Math.exp(value - peak))
  const total = exps.reduce((sum, value) => sum + value, 0)
  return exps.map((value) => value / total)
}

function normalise(row: Float64Array, epsilon: number): Float64Array {
  const [mean, variance] = momentsOf(row)
  return row.map((value) => (value - mean) / Math.sqrt(variance + epsilon))
}

function momentsOf(row: Float64Array): [mean: number, variance: number] {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length
  return [mean, row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length]
}
