import {
  FREE_SIZE,
  graphOf,
  type Pullback,
  type Shape,
  ShapeError,
  sizeOf,
  type Value,
} from '../graph/graph.js'

/** Arithmetic with broadcasting, and the sums and reshapes by which cotangents undo a broadcast. */

/** A cotangent that is added to whatever has arrived already. */
export function adding(contribution: () => Value): Pullback {
  return (into) => (into ? add(into, contribution()) : contribution())
}

/** a + b with broadcasting. */
export function add(a: Value, b: Value): Value {
  const y = binary('Add', a, b)
  return y.graph.record([a, b], y, (dy) => [
    adding(() => unbroadcast(dy, a.shape)),
    adding(() => unbroadcast(dy, b.shape)),
  ])
}

/** a − b with broadcasting. */
export function sub(a: Value, b: Value): Value {
  const y = binary('Sub', a, b)
  return y.graph.record([a, b], y, (dy) => [
    adding(() => unbroadcast(dy, a.shape)),
    adding(() => negate(unbroadcast(dy, b.shape))),
  ])
}

/** a·b with broadcasting. */
export function mul(a: Value, b: Value): Value {
  const y = binary('Mul', a, b)
  return y.graph.record([a, b], y, (dy) => [
    adding(() => unbroadcast(mul(dy, b), a.shape)),
    adding(() => unbroadcast(mul(dy, a), b.shape)),
  ])
}

/** a/b with broadcasting. */
export function div(a: Value, b: Value): Value {
  const y = binary('Div', a, b)
  return y.graph.record([a, b], y, (dy) => [
    adding(() => unbroadcast(div(dy, b), a.shape)),
    adding(() => negate(unbroadcast(div(mul(dy, y), b), b.shape))),
  ])
}

export function negate(x: Value): Value {
  const y = unary('Neg', x)
  return y.graph.record([x], y, (dy) => [adding(() => negate(dy))])
}

export function exp(x: Value): Value {
  const y = unary('Exp', x)
  return y.graph.record([x], y, (dy) => [adding(() => mul(dy, y))])
}

/** Natural logarithm. */
export function log(x: Value): Value {
  const y = unary('Log', x)
  return y.graph.record([x], y, (dy) => [adding(() => div(dy, x))])
}

export function sqrt(x: Value): Value {
  const y = unary('Sqrt', x)
  return y.graph.record([x], y, (dy) => [adding(() => div(scale(dy, 0.5), y))])
}

export function tanh(x: Value): Value {
  const y = unary('Tanh', x)
  return y.graph.record([x], y, (dy) => [adding(() => sub(dy, mul(dy, mul(y, y))))])
}

/** x·factor for a number known now. */
export function scale(x: Value, factor: number): Value {
  return mul(x, graphOf(x).scalar(factor))
}

/** √2 times the exact GELU of √2·u. The linear maps around it take the constants (see feedForward). */
export function gelu(u: Value): Value {
  const graph = graphOf(u)
  // With u = x/√2: GELU(x) = (u/√2)·(1 + erf u); the 1/√2 is the next linear map's.
  const onePlusErf = add(unary('Erf', u), graph.scalar(1))
  const y = binary('Mul', u, onePlusErf)
  return graph.record([u], y, (dy) => [
    adding(() => {
      const density = exp(sub(graph.scalar(Math.log(2 / Math.sqrt(Math.PI))), mul(u, u)))
      return mul(dy, add(onePlusErf, mul(u, density)))
    }),
  ])
}

/** Sums a cotangent back to the shape that was broadcast. */
function unbroadcast(dy: Value, shape: Shape): Value {
  if (dy.shape.length === shape.length && dy.shape.every((length, i) => length === shape[i])) return dy
  const extra = dy.shape.length - shape.length
  const axes = dy.shape.flatMap((length, i) =>
    i < extra || (shape[i - extra] === 1 && length !== 1) ? [i] : [],
  )
  return reshape(reduceSum(dy, axes), shape)
}

function unary(operator: string, x: Value): Value {
  return graphOf(x).emit(operator, [x], x.shape)
}

function binary(operator: string, a: Value, b: Value): Value {
  const rank = Math.max(a.shape.length, b.shape.length)
  const shape = Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a.shape[i - rank + a.shape.length] ?? 1, b.shape[i - rank + b.shape.length] ?? 1]
    if (x !== y && x !== 1 && y !== 1) throw new ShapeError(operator, 'shapes do not broadcast', [a, b])
    return x === 1 ? y : x
  })
  return graphOf(a, b).emit(operator, [a, b], shape)
}

/** Sum over axes, kept as length 1. */
export function reduceSum(x: Value, axes: readonly number[]): Value {
  const graph = graphOf(x)
  const shape = x.shape.map((length, i) => (axes.includes(i) ? 1 : length))
  const y = graph.emit('ReduceSum', [x, graph.integers(axes)], shape, { attributes: { keepdims: 1 } })
  return graph.record([x], y, (dy) => [adding(() => expand(dy, x))])
}

/** Mean over axes, kept as length 1. */
export function reduceMean(x: Value, axes: readonly number[]): Value {
  const graph = graphOf(x)
  const shape = x.shape.map((length, i) => (axes.includes(i) ? 1 : length))
  const y = graph.emit('ReduceMean', [x], shape, { attributes: { axes, keepdims: 1 } })
  const count = sizeOf(x.shape) / sizeOf(shape)
  return graph.record([x], y, (dy) => [adding(() => scale(expand(dy, x), 1 / count))])
}

/** Repeats a cotangent over the axes that were summed; an Add may broadcast it for free. */
function expand(dy: Value, like: Value): Value {
  const graph = graphOf(dy)
  return graph.emit('Expand', [dy, graph.integers(like.shape)], like.shape)
}

/** Same elements, another shape; nothing is emitted where it is the shape already. */
export function reshape(x: Value, shape: Shape): Value {
  if (x.shape.length === shape.length && x.shape.every((length, i) => length === shape[i])) return x
  if (sizeOf(x.shape) !== sizeOf(shape))
    throw new ShapeError('reshape', `cannot become [${shape.join(', ')}]`, [x])
  const graph = graphOf(x)
  const target = graph.integers(shape.map((length) => (length % FREE_SIZE === 0 && length > 0 ? -1 : length)))
  const y = graph.emit('Reshape', [x, target], shape)
  return graph.record([x], y, (dy) => [adding(() => reshape(dy, x.shape))])
}
