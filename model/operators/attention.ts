import { type Graph, graphOf, type Shape, ShapeError, type Value } from '../graph/graph.js'
import { mul } from './elementwise.js'
import { softmaxCotangent } from './reduce.js'
import { plain, reshape, transpose } from './shape.js'

/**
 * Scaled-dot-product attention over every head and string at once.
 *
 * Rows are token-major, row t·B + b, so [T·B, D] is [T, B·H, D/H] without moving anything and the heads of all
 * strings form one batch. The factor 1/√(D/H) is an attribute of the products with q and k.
 *
 * @param q,k,v [T·B, D]
 * @returns [T·B, D]
 */
export function attention(q: Value, k: Value, v: Value, tokens: number, heads: number, mask?: Mask): Value {
  const [rows, width] = q.shape as [number, number]
  if (rows % tokens !== 0 || width % heads !== 0)
    throw new ShapeError('attention', `${tokens} tokens, ${heads} heads`, [q, k, v])
  const graph = graphOf(q, k, v)
  const together = stringsTogether(graph.lowering.attentionRows, tokens, rows / tokens)
  return attend(q, k, v, tokens * together, heads, maskValue(graph, tokens, together, mask))
}

/** Which positions may attend to which: all, or only those that do not come later. */
export type Mask = 'causal'

/**
 * Tiny products cost a call each, whatever their size, so short strings attend in groups: row t·B + b is also row
 * (t·G + g)·(B/G) + j for b = g·(B/G) + j, so G strings are one string of T·G tokens without moving anything, and a mask
 * keeps them apart.
 */
function stringsTogether(most: number, tokens: number, batch: number): number {
  let together = Math.max(1, Math.floor(most / tokens))
  while (batch % together !== 0) together--
  return together
}

/** Added to the scores: 0 where row i may attend to column j, a large negative number elsewhere; undefined where all may. */
function maskValue(
  graph: Graph,
  tokens: number,
  together: number,
  mask: Mask | undefined,
): Value | undefined {
  if (together === 1 && mask === undefined) return undefined
  const size = tokens * together
  const name = `mask/${mask ?? 'all'}/${tokens}x${together}`
  return graph.shared(name, () => {
    const scores = Float32Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size]
      const sameString = i % together === j % together
      const notLater = Math.floor(j / together) <= Math.floor(i / together)
      return sameString && (mask === undefined || notLater) ? 0 : -1e9
    })
    return graph.constant(scores, [size, size], name)
  })
}

/** Attention over strings of `tokens` tokens, as one recorded step. */
function attend(q: Value, k: Value, v: Value, tokens: number, heads: number, mask: Value | undefined): Value {
  const [rows, width] = q.shape as [number, number]
  const graph = graphOf(q, k, v)
  const [batch, size] = [(rows / tokens) * heads, width / heads]
  const scale = 1 / Math.sqrt(size)
  const scoresShape = [batch, tokens, tokens] as const
  const byHead = (x: Value) => reshape(x, [tokens, batch, size])
  // The forward pass records one step, so its pieces are built off the tape.
  const { output, weights, q3, k3, v3 } = graph.silently(() => {
    const [q3, k3, v3] = [byHead(q), byHead(k), byHead(v)]
    const scores = headProduct(q3, k3, { a: 'rows', b: 'rows', transB: true, scale }, scoresShape)
    const masked = mask ? graph.emit('Add', [scores, mask], scores.shape) : scores
    const weights = graph.emit('Softmax', [masked], masked.shape, { attributes: { axis: -1 } })
    return { output: mix(weights, v3, q.shape), weights, q3, k3, v3 }
  })
  return graph.record([q, k, v], output, (dy) => {
    const dy3 = byHead(dy)
    const dWeights = headProduct(dy3, v3, { a: 'rows', b: 'rows', transB: true }, scoresShape)
    const dScores = softmaxCotangent(weights, dWeights)
    return [
      plain(() => mix(dScores, k3, q.shape, false, scale)),
      plain(() => mix(dScores, q3, k.shape, true, scale)),
      plain(() => mix(weights, dy3, v.shape, true)),
    ]
  })
}

/**
 * scale·Σ over j of w[i, j]·x[j] (or of w[j, i]·x[j]) for every head. Kernels want the longer side last, so heads no wider than T
 * are computed transposed, [B·H, D/H, T], and turned over as one matrix.
 *
 * @param w [B·H, T, T]
 * @param x [T, B·H, D/H]
 * @returns as many elements as x, in `shape`
 */
function mix(w: Value, x: Value, shape: Shape, transposed = false, scale = 1): Value {
  const [tokens, batch, size] = x.shape as [number, number, number]
  if (size <= tokens) {
    const layout = { a: 'rows', transA: true, b: 'heads', transB: !transposed, scale } as const
    const columns = headProduct(x, w, layout, [batch, size, tokens])
    return reshape(transpose(reshape(columns, [batch * size, tokens]), [1, 0]), shape)
  }
  const sums = headProduct(w, x, { a: 'heads', transA: transposed, b: 'rows', scale }, [batch, tokens, size])
  return reshape(transpose(sums, [1, 0, 2]), shape)
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
  if (graph.lowering.fusedMatMul) {
    const product = graph.emit('FusedMatMul', [a, b], shape, {
      domain: 'com.microsoft',
      attributes: {
        transA: layout.transA ? 1 : 0,
        transB: layout.transB ? 1 : 0,
        transBatchA: layout.a === 'rows' ? 1 : 0,
        transBatchB: layout.b === 'rows' ? 1 : 0,
        alpha: { float: graph.lowering.productFactors ? scale : 1 },
      },
    })
    return graph.lowering.productFactors ? product : times(product, scale)
  }
  const arrange = (x: Value, at: 'rows' | 'heads', transposed = false) => {
    if (at === 'rows') return transpose(x, transposed ? [1, 2, 0] : [1, 0, 2])
    return transposed ? transpose(x, [0, 2, 1]) : x
  }
  const left = arrange(a, layout.a, layout.transA)
  const product = graph.emit('MatMul', [left, arrange(b, layout.b, layout.transB)], shape)
  return times(product, scale)
}

function times(x: Value, factor: number): Value {
  return factor === 1 ? x : mul(x, graphOf(x).scalar(factor))
}
