import { type Graph, graphOf, type Lowering, type Shape, ShapeError, type Value } from '../graph/graph.js'
import { add, adding, reshape, scale as times } from './arithmetic.js'
import { softmax, softmaxCotangent } from './reduce.js'
import { take, transpose } from './shape.js'

/**
 * Scaled-dot-product attention over every head and string at once.
 *
 * Rows are token-major, row t·B + b, so [T·B, D] is [T, B·H, D/H] without moving anything and the heads of all
 * strings form one batch. The factor 1/√(D/H) is an attribute of the products with q and k.
 *
 * @param q [T·B, D], or [R, D] where `queries` says which rows ask
 * @param k [T·B, D]
 * @param v [T·B, D]
 * @returns as q
 */
export function attention(
  q: Value,
  k: Value,
  v: Value,
  length: number,
  heads: number,
  options: AttentionOptions = {},
): Value {
  const [rows, width] = k.shape as [number, number]
  if (rows % length !== 0 || width % heads !== 0)
    throw new ShapeError('attention', `${length} tokens, ${heads} heads`, [q, k, v])
  const graph = graphOf(q, k, v)
  const strings = rows / length
  const together = stringsTogether(graph.lowering, length, strings)
  const { causal = false, queries } = options
  const mask = queries
    ? queryMask(queries, length, strings, together)
    : squareMask(graph, length, together, causal)
  return attend(q, k, v, strings / together, heads, mask)
}

export interface AttentionOptions {
  /** Positions attend to those that do not come later. */
  readonly causal?: boolean
  /** int32 [R], rows that ask; entry s·B/2 + p is a row of string p or p + B/2. Only where `takesSomeQueries`. */
  readonly queries?: Value
}

/** Whether attention over these strings can be asked for some rows only. */
export function takesSomeQueries(lowering: Lowering, length: number, strings: number): boolean {
  return stringsTogether(lowering, length, strings) % 2 === 0
}

/**
 * Tiny products cost a call each, whatever their size, so short strings attend in groups: row t·B + b is also row
 * (t·G + g)·(B/G) + j for b = g·(B/G) + j, so G strings are one string of T·G tokens without moving anything, and a mask
 * keeps them apart.
 */
function stringsTogether({ attentionRows }: Lowering, length: number, batch: number): number {
  let together = Math.max(1, Math.floor(attentionRows / length))
  while (batch % together !== 0) together--
  return together
}

const APART = -1e9

/** [T·G, T·G], added to the scores: 0 where row i may attend to column j; undefined where all may. */
function squareMask(graph: Graph, length: number, together: number, causal: boolean): Value | undefined {
  if (together === 1 && !causal) return undefined
  const size = length * together
  const name = `mask/${causal ? 'causal' : 'all'}/${length}x${together}`
  return graph.shared(name, [size, size], () =>
    Float32Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size]
      const sameString = i % together === j % together
      const notLater = Math.floor(j / together) <= Math.floor(i / together)
      return sameString && (!causal || notLater) ? 0 : APART
    }),
  )
}

/** [B/G, 1, Q, T·G], added to the scores of every head: 0 where the string that asks is the one that answers. */
function queryMask(queries: Value, length: number, strings: number, together: number): Value {
  const graph = graphOf(queries)
  const [groups, keys] = [strings / together, length * together]
  const perGroup = queries.shape[0]! / groups
  return graph.silently(() => {
    const masks = graph.shared(`mask/query/${strings}x${keys}`, [strings, keys], () =>
      Float32Array.from({ length: strings * keys }, (_, at) =>
        (at % keys) % together === Math.floor(Math.floor(at / keys) / groups) ? 0 : APART,
      ),
    )
    const count = graph.shared(`strings/${strings}`, [], () => Int32Array.of(strings))
    const string = graph.emit('Mod', [queries, count], queries.shape, { dataType: 'int32' })
    const byGroup = transpose(reshape(string, [perGroup, groups]), [1, 0])
    return reshape(take(masks, byGroup), [groups, 1, perGroup, keys])
  })
}

/** Attention within groups of rows, as one recorded step. */
function attend(q: Value, k: Value, v: Value, groups: number, heads: number, mask: Value | undefined): Value {
  const width = k.shape[1]!
  const graph = graphOf(q, k, v)
  const [batch, size] = [groups * heads, width / heads]
  const [queries, keys] = [q.shape[0]! / groups, k.shape[0]! / groups]
  const scale = 1 / Math.sqrt(size)
  const scoresShape = [batch, queries, keys] as const
  const byHead = (x: Value) => reshape(x, [x.shape[0]! / groups, batch, size])
  // The forward pass records one step, so its pieces are built off the tape.
  const { output, weights, q3, k3, v3 } = graph.silently(() => {
    const [q3, k3, v3] = [byHead(q), byHead(k), byHead(v)]
    const scores = headProduct(q3, k3, { a: 'rows', b: 'rows', transB: true, scale }, scoresShape)
    const weights = softmax(mask ? addMask(scores, mask, heads) : scores)
    return { output: mix(weights, v3, q.shape), weights, q3, k3, v3 }
  })
  return graph.record([q, k, v], output, (dy) => {
    const dy3 = byHead(dy)
    const dWeights = headProduct(dy3, v3, { a: 'rows', b: 'rows', transB: true }, scoresShape)
    const dScores = softmaxCotangent(weights, dWeights)
    return [
      adding(() => mix(dScores, k3, q.shape, false, scale)),
      adding(() => mix(dScores, q3, k.shape, true, scale)),
      adding(() => mix(weights, dy3, v.shape, true)),
    ]
  })
}

/** scores + mask, where each group may have a mask of its own that all its heads share. */
function addMask(scores: Value, mask: Value, heads: number): Value {
  if (mask.shape.length === 2) return add(scores, mask)
  const [batch, queries, keys] = scores.shape as [number, number, number]
  const byGroup = [batch / heads, heads, queries, keys]
  return reshape(add(reshape(scores, byGroup), mask), scores.shape)
}

/**
 * scale·Σ over j of w[i, j]·x[j] (or of w[j, i]·x[j]) for every head. Kernels want the longer side last, so heads no wider than
 * there are sums are computed transposed, [B·H, D/H, Q], and turned over as one matrix.
 *
 * @param w [B·H, Q, S]
 * @param x [S, B·H, D/H] (or [Q, B·H, D/H])
 * @returns Q·B·H·D/H (or S·B·H·D/H) elements, in `shape`
 */
function mix(w: Value, x: Value, shape: Shape, transposed = false, scale = 1): Value {
  const [, batch, size] = x.shape as [number, number, number]
  const sums = w.shape[transposed ? 2 : 1]!
  if (size <= sums) {
    const layout = { a: 'rows', transA: true, b: 'heads', transB: !transposed, scale } as const
    const columns = headProduct(x, w, layout, [batch, size, sums])
    return reshape(transpose(reshape(columns, [batch * size, sums]), [1, 0]), shape)
  }
  const rows = headProduct(w, x, { a: 'heads', transA: transposed, b: 'rows', scale }, [batch, sums, size])
  return reshape(transpose(rows, [1, 0, 2]), shape)
}

interface HeadLayout {
  /** 'rows': [T, B·H, ·], batch in the middle; 'heads': [B·H, ·, ·], batch first. */
  readonly a: 'rows' | 'heads'
  readonly b: 'rows' | 'heads'
  readonly transA?: boolean
  readonly transB?: boolean
  /** Factor of the product, default 1. */
  readonly scale?: number
}

/** A batched matrix product whose batch axis may be in the middle: one FusedMatMul, or transposes and a MatMul. */
function headProduct(
  a: Value,
  b: Value,
  layout: HeadLayout,
  shape: readonly [number, number, number],
): Value {
  const graph = graphOf(a, b)
  const { scale = 1 } = layout
  const { fusedMatMul, productFactors } = graph.lowering
  if (fusedMatMul) {
    const product = graph.emit('FusedMatMul', [a, b], shape, {
      domain: 'com.microsoft',
      attributes: {
        transA: layout.transA ? 1 : 0,
        transB: layout.transB ? 1 : 0,
        transBatchA: layout.a === 'rows' ? 1 : 0,
        transBatchB: layout.b === 'rows' ? 1 : 0,
        alpha: { float: productFactors ? scale : 1 },
      },
    })
    return productFactors || scale === 1 ? product : times(product, scale)
  }
  const arrange = (x: Value, at: 'rows' | 'heads', transposed = false) => {
    if (at === 'rows') return transpose(x, transposed ? [1, 2, 0] : [1, 0, 2])
    return transposed ? transpose(x, [0, 2, 1]) : x
  }
  const left = arrange(a, layout.a, layout.transA)
  const product = graph.emit('MatMul', [left, arrange(b, layout.b, layout.transB)], shape)
  return scale === 1 ? product : times(product, scale)
}
