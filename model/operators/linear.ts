import { graphOf, ShapeError, type Value } from '../graph/graph.js'
import { add, scale } from './arithmetic.js'
import { transpose } from './shape.js'

interface GemmOptions {
  readonly transA?: boolean
  readonly transB?: boolean
  /** Added: [M, N], or a row [1, N]. */
  readonly c?: Value | undefined
  /** Factor of the product. */
  readonly alpha?: number
  /** Factor of c. */
  readonly beta?: number
}

/** alpha·op(a)·op(b) + beta·c for matrices, one Gemm. Not recorded: see {@link linear}. */
export function gemm(a: Value, b: Value, options: GemmOptions = {}): Value {
  const { transA, transB, c, alpha = 1, beta = 1 } = options
  const [m, k] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!]
  const [k2, n] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!]
  if (a.shape.length !== 2 || b.shape.length !== 2 || k !== k2) {
    throw new ShapeError('Gemm', 'inner sizes differ', [a, b])
  }
  const graph = graphOf(a, b, ...(c ? [c] : []))
  if (!graph.lowering.productFactors && (alpha !== 1 || (c && beta !== 1))) {
    const product = scale(gemm(a, b, { ...options, c: undefined, alpha: 1 }), alpha)
    return c ? add(product, scale(c, beta)) : product
  }
  const inC = c && (graph.lowering.gemmAccumulate || c.shape[0] === 1) ? c : undefined
  const attributes = {
    ...(transA ? { transA: 1 } : {}),
    ...(transB ? { transB: 1 } : {}),
    ...(alpha === 1 ? {} : { alpha: { float: alpha } }),
    ...(inC && beta !== 1 ? { beta: { float: beta } } : {}),
  }
  const product = graph.emit('Gemm', [a, b, inC], [m, n], { attributes })
  return c && !inC ? add(product, c) : product
}

/**
 * factor·x·w + biasFactor·b for rows x [R, I], weights w [I, O], bias b [1, O]. The factors are Gemm attributes, forwards
 * and backwards, so they cost nothing. Each cotangent is one Gemm, and a sum that has begun enters through its C input.
 */
export function linear(x: Value, w: Value, b?: Value, { factor = 1, biasFactor = 1 } = {}): Value {
  // One recorded step, whatever a lowering makes of the product.
  const y = graphOf(x, w).silently(() => gemm(x, w, { c: b, alpha: factor, beta: biasFactor }))
  return y.graph.record(b ? [x, w, b] : [x, w], y, (dy) => [
    (into) => gemm(dy, w, { transB: true, c: into, alpha: factor }),
    (into) => weightCotangent(x, dy, factor, into),
    (into) => columnSums(dy, biasFactor, into),
  ])
}

/** factor·xᵀ·dy. Kernels want the longer side last, and turning a weight over costs little where no sum has begun. */
function weightCotangent(x: Value, dy: Value, factor: number, into: Value | undefined): Value {
  const tall = x.shape[1]! > dy.shape[1]!
  if (into || !tall || x.shape[0] === 1) return gemm(x, dy, { transA: true, c: into, alpha: factor })
  return transpose(gemm(dy, x, { transA: true, alpha: factor }), [1, 0])
}

/** factor·Σ over rows of [R, N], as a product with ones: faster here than a reduction over the first axis. */
function columnSums(x: Value, factor: number, into: Value | undefined): Value {
  const rows = x.shape[0]!
  if (rows === 1) {
    const term = factor === 1 ? x : scale(x, factor)
    return into ? add(into, term) : term
  }
  const ones = graphOf(x).shared(`ones/1x${rows}`, [1, rows], () => new Float32Array(rows).fill(1))
  return gemm(ones, x, { c: into, alpha: factor })
}
