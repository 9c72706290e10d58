import { type Graph, graphOf, ShapeError, sizeOf, type Value } from '../graph/graph.js'
import { adding, reshape } from './arithmetic.js'

/** [R] as [R, 1]. */
export function asColumn(x: Value): Value {
  return reshape(x, [x.shape[0]!, 1])
}

/** Axes reordered: y[i_perm[0], …] = x[i_0, …]. */
export function transpose(x: Value, perm: readonly number[]): Value {
  if (perm.length !== x.shape.length)
    throw new ShapeError('transpose', `permutation [${perm.join(', ')}] does not fit`, [x])
  const graph = graphOf(x)
  const y = graph.emit(
    'Transpose',
    [x],
    perm.map((axis) => x.shape[axis]!),
    { attributes: { perm } },
  )
  const inverse = perm.map((_, axis) => perm.indexOf(axis))
  return graph.record([x], y, (dy) => [adding(() => transpose(dy, inverse))])
}

/** Values side by side along one axis. */
export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0]!
  if (values.some((value) => value.shape.some((length, i) => i !== axis && length !== first.shape[i]))) {
    throw new ShapeError('concat', `shapes differ outside axis ${axis}`, values)
  }
  const graph = graphOf(...values)
  const y = graph.silently(() => emitConcat(graph, values, axis))
  return graph.record(values, y, (dy) => {
    const lengths = values.map((value) => value.shape[axis]!)
    const parts = split(dy, axis, lengths)
    return values.map((_, i) => adding(() => parts[i]!))
  })
}

/** Consecutive pieces of one axis. */
export function split(x: Value, axis: number, lengths: readonly number[]): readonly Value[] {
  if (total(lengths) !== x.shape[axis])
    throw new ShapeError('split', `axis ${axis} is not ${lengths.join(' + ')}`, [x])
  const graph = graphOf(x)
  const parts = emitSplit(graph, x, axis, lengths)
  return graph.recordMany([x], parts, (cotangents) => [adding(() => concat(cotangents, axis))])
}

/** One Concat, or a tree of them where the device bounds how many tensors it may touch. */
function emitConcat(graph: Graph, values: readonly Value[], axis: number): Value {
  const { maxFan } = graph.lowering
  if (values.length > maxFan) {
    return emitConcat(
      graph,
      groups(values, maxFan).map((group) => emitConcat(graph, group, axis)),
      axis,
    )
  }
  if (values.length === 1) return values[0]!
  const length = total(values.map((value) => value.shape[axis]!))
  const shape = values[0]!.shape.map((whole, i) => (i === axis ? length : whole))
  return graph.emit('Concat', values, shape, { attributes: { axis } })
}

function emitSplit(graph: Graph, x: Value, axis: number, lengths: readonly number[]): Value[] {
  const { maxFan } = graph.lowering
  if (lengths.length === 1) return [x]
  if (lengths.length > maxFan) {
    const inner = groups(lengths, Math.ceil(lengths.length / maxFan))
    const parts = emitSplit(graph, x, axis, inner.map(total))
    return parts.flatMap((part, i) => emitSplit(graph, part, axis, inner[i]!))
  }
  const shapes = lengths.map((length) => x.shape.map((whole, i) => (i === axis ? length : whole)))
  return graph.emitMany('Split', [x, graph.integers(lengths)], shapes, { attributes: { axis } })
}

function groups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  )
}

function total(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0)
}

/** Slices of the first axis: y[...indices, ...] = table[indices, ...]. Not recorded: see {@link gather}. */
export function take(table: Value, indices: Value): Value {
  const shape = [...indices.shape, ...table.shape.slice(1)]
  return graphOf(table, indices).emit('Gather', [table, indices], shape, { attributes: { axis: 0 } })
}

/** Rows of a table: y[...indices, ...] = table[indices, ...]. The cotangent is a product with the one-hot rows. */
export function gather(table: Value, indices: Value): Value {
  const graph = graphOf(table, indices)
  const y = take(table, indices)
  const rows = sizeOf(indices.shape)
  const count = table.shape[0]!
  return graph.record([table], y, (dy) => [
    adding(() => {
      const oneHots = reshape(oneHot(indices, count), [rows, count])
      const width = sizeOf(table.shape) / count
      const sum = graph.emit('Gemm', [oneHots, reshape(dy, [rows, width])], [count, width], {
        attributes: { transA: 1 },
      })
      return reshape(sum, table.shape)
    }),
  ])
}

/** Some rows of a matrix, and where each row of the matrix went: how a pass goes on with the rows that matter. */
export interface RowSelection {
  /** int32 [R]: the chosen rows, in order; rows that repeat must have a cotangent of 0. */
  readonly rows: Value
  /** int32 [N]: for every row of the matrix its place among the chosen ones, or R. Needed where gradients are. */
  readonly places?: Value
  /** Whether row s·n/2 + p of the chosen is one of string p or p + n/2, for all of the n strings: attention needs no more queries. */
  readonly paired?: boolean
}

/** y[r, :] = x[rows[r], :]. The cotangent is a gather too: left-out rows read a row of zeros. */
export function selectRows(x: Value, selection: RowSelection): Value {
  const graph = graphOf(x, selection.rows)
  const width = x.shape[1]!
  const { places } = selection
  if (places && places.shape[0] !== x.shape[0])
    throw new ShapeError('select rows', 'one place per row is needed', [x, places])
  const y = take(x, selection.rows)
  return graph.record([x], y, (dy) => [
    adding(() => {
      if (!places) throw new Error('select rows: without places there is no gradient')
      const zeros = graph.constant(new Float32Array(width), [1, width], `zeros/1x${width}`)
      return take(concat([dy, zeros], 0), places)
    }),
  ])
}

/** Indices as rows of the identity, [...indices, count]. Deterministic on every device, unlike a scatter. */
export function oneHot(indices: Value, count: number): Value {
  const identity = graphOf(indices).shared(`identity/${count}`, [count, count], () =>
    Float32Array.from({ length: count * count }, (_, at) => (at % (count + 1) === 0 ? 1 : 0)),
  )
  return take(identity, indices)
}
