import { graphOf, ShapeError, type Value } from '../graph/graph.js'
import { add } from './elementwise.js'
import { columnSums } from './reduce.js'

/** op(a)·op(b) + c for matrices, one Gemm; c is [M, N] or a row [1, N]. Not recorded: see {@link linear}. */
export function gemm(
  a: Value,
  b: Value,
  options: { transA?: boolean; transB?: boolean; c?: Value | undefined } = {},
): Value {
  const [m, k] = options.transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!]
  const [k2, n] = options.transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!]
  if (a.shape.length !== 2 || b.shape.length !== 2 || k !== k2)
    throw new ShapeError('Gemm', 'inner sizes differ', [a, b])
  const graph = graphOf(a, b, ...(options.c ? [options.c] : []))
  const attributes = { ...(options.transA ? { transA: 1 } : {}), ...(options.transB ? { transB: 1 } : {}) }
  const inC = options.c && (graph.lowering.gemmAccumulate || options.c.shape[0] === 1) ? options.c : undefined
  const product = graph.emit('Gemm', [a, b, inC], [m, n], { attributes })
  return options.c && !inC ? add(product, options.c) : product
}

/**
 * x·w + b for rows x [R, I], weights w [I, O], bias b [1, O]. Each cotangent is one Gemm, and a sum that has
 * begun enters through the Gemm's C input.
 */
export function linear(x: Value, w: Value, b?: Value): Value {
  const y = gemm(x, w, { c: b })
  return y.graph.record(b ? [x, w, b] : [x, w], y, (dy) => [
    (into) => gemm(dy, w, { transB: true, c: into }),
    (into) => gemm(x, dy, { transA: true, c: into }),
    (into) => columnSums(dy, into),
  ])
}
