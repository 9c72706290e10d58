import { describe, expect, test } from 'vitest'
import { Graph, LOWERINGS, ShapeError, type Value } from '../../model/graph/graph.js'
import {
  add,
  div,
  exp,
  gelu,
  log,
  mul,
  negate,
  reduceMean,
  reduceSum,
  reshape,
  scale,
  sqrt,
  sub,
  tanh,
} from '../../model/operators/arithmetic.js'
import { attention } from '../../model/operators/attention.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { gemm, linear } from '../../model/operators/linear.js'
import { normalise, softmax } from '../../model/operators/reduce.js'
import { concat, gather, selectRows, split, transpose } from '../../model/operators/shape.js'
import { gradientError, runGraph, type TestInput, values } from '../reference/network.js'

const positive = (input: TestInput): TestInput => ({ ...input, data: input.data.map((x) => 1.5 + 0.5 * x) })
const [a, b, row] = [values([3, 4], 1), values([3, 4], 2), values([1, 4], 3)]

/** Float32 forward passes leave about this much noise in the differences. */
const TOLERANCE = 2e-4

describe('the gradient of every operator equals central differences (law 9)', () => {
  const cases: Record<string, [Record<string, TestInput>, (v: Record<string, Value>, g: Graph) => Value]> = {
    add: [{ a, row }, (v) => add(v.a!, v.row!)],
    sub: [{ a, row }, (v) => sub(v.row!, v.a!)],
    mul: [{ a, row }, (v) => mul(v.a!, v.row!)],
    'mul of a value with itself': [{ a }, (v) => mul(v.a!, v.a!)],
    div: [{ a, b: positive(row) }, (v) => div(v.a!, v.b!)],
    'mul by a scalar value': [{ a, s: values([], 4) }, (v) => mul(v.a!, v.s!)],
    negate: [{ a }, (v) => negate(v.a!)],
    scale: [{ a }, (v) => scale(v.a!, 0.7)],
    exp: [{ a }, (v) => exp(v.a!)],
    log: [{ a: positive(a) }, (v) => log(v.a!)],
    sqrt: [{ a: positive(a) }, (v) => sqrt(v.a!)],
    tanh: [{ a }, (v) => tanh(v.a!)],
    gelu: [{ a }, (v) => gelu(v.a!)],
    softmax: [{ a }, (v) => softmax(v.a!)],
    normalise: [{ a }, (v) => normalise(v.a!)],
    reduceSum: [{ a }, (v) => reduceSum(v.a!, [0])],
    reduceMean: [{ a }, (v) => reduceMean(v.a!, [1])],
    reshape: [{ a }, (v) => reshape(v.a!, [2, 6])],
    transpose: [{ a: values([2, 3, 4], 5) }, (v) => transpose(v.a!, [2, 0, 1])],
    concat: [{ a, b }, (v) => concat([v.a!, v.b!, v.a!], 1)],
    'split, one part unused': [{ a }, (v) => mul(split(v.a!, 1, [2, 1, 1])[0]!, split(v.a!, 1, [2, 2])[1]!)],
    'some rows, padded with a row that carries no cotangent': [
      { a },
      (v, g) => {
        const selection = {
          rows: g.constant(Int32Array.of(0, 2, 0), [3]),
          places: g.constant(Int32Array.of(0, 3, 1), [3]),
        }
        return mul(selectRows(v.a!, selection), g.constant(Float32Array.of(1, 1, 0), [3, 1]))
      },
    ],
    'linear from wide to narrow, turned over': [
      { a: values([3, 5], 2), w: values([5, 2], 3) },
      (v) => linear(v.a!, v.w!, undefined, { factor: 0.5 }),
    ],
    linear: [{ a, w: values([4, 2], 3), b: values([1, 2], 4) }, (v) => linear(v.a!, v.w!, v.b!)],
    'linear sharing its input': [
      { a, w: values([4, 4], 3), u: values([4, 4], 6) },
      (v) => add(linear(v.a!, v.w!), linear(v.a!, v.u!)),
    ],
    attention: [
      { q: values([6, 4], 1), k: values([6, 4], 2), v: values([6, 4], 3) },
      (v) => attention(v.q!, v.k!, v.v!, 3, 2),
    ],
    'attention with heads wider than strings': [
      { q: values([4, 12], 1), k: values([4, 12], 2), v: values([4, 12], 3) },
      (v) => attention(v.q!, v.k!, v.v!, 2, 2),
    ],
    'causal attention': [
      { q: values([6, 4], 1), k: values([6, 4], 2), v: values([6, 4], 3) },
      (v) => attention(v.q!, v.k!, v.v!, 3, 2, { causal: true }),
    ],
  }
  for (const [name, [inputs, build]] of Object.entries(cases)) {
    test(name, async () => {
      expect(await gradientError(inputs, build)).toBeLessThan(TOLERANCE)
    })
  }

  test('attention without FusedMatMul, as WebGPU runs it', async () => {
    const inputs = { q: values([6, 4], 1), k: values([6, 4], 2), v: values([6, 4], 3) }
    const build = (v: Record<string, Value>) => attention(v.q!, v.k!, v.v!, 3, 2)
    expect(await gradientError(inputs, build, { lowering: LOWERINGS.webgpu })).toBeLessThan(TOLERANCE)
    const fused = await runGraph(inputs, {}, (v) => ({ y: build(v) }))
    const plain = await runGraph(inputs, {}, (v) => ({ y: build(v) }), LOWERINGS.webgpu)
    const [x, y] = [fused.outputs.y!.data as Float32Array, plain.outputs.y!.data as Float32Array]
    x.forEach((value, i) => {
      expect(value).toBeCloseTo(y[i]!, 6)
    })
    expect(plain.graph.nodes.some((node) => node.domain === 'com.microsoft')).toBe(false)
  })

  test.each([undefined, 'causal'] as const)(
    'attention of strings in groups equals attention of each alone, mask %s',
    async (mask) => {
      // Eight strings of three tokens, two heads: in groups of four, and one by one.
      const inputs = { q: values([24, 4], 1), k: values([24, 4], 2), v: values([24, 4], 3) }
      const build = (v: Record<string, Value>) =>
        attention(v.q!, v.k!, v.v!, 3, 2, { causal: mask === 'causal' })
      const grouped = await runGraph(inputs, {}, (v) => ({ y: build(v) }))
      const alone = await runGraph(inputs, {}, (v) => ({ y: build(v) }), {
        ...LOWERINGS.cpu,
        attentionRows: 0,
      })
      expect(grouped.graph.constants.some(({ name }) => name.startsWith('mask/'))).toBe(true)
      const [x, y] = [grouped.outputs.y!.data as Float32Array, alone.outputs.y!.data as Float32Array]
      x.forEach((value, i) => {
        expect(value).toBeCloseTo(y[i]!, 6)
      })
      expect(await gradientError(inputs, build)).toBeLessThan(TOLERANCE)
    },
  )

  test.each([2, 4])(
    'asked for some rows of every pair, attention answers as for all, in groups of %i',
    async (G) => {
      // Eight strings of three tokens; strings p and p + 4 ask with four rows between them.
      const asked = [0, 1, 2, 3, 8, 5, 14, 7, 20, 13, 18, 15, 12, 21, 22, 23]
      const inputs = { q: values([24, 4], 1), k: values([24, 4], 2), v: values([24, 4], 3) }
      const lowering = { ...LOWERINGS.cpu, attentionRows: 3 * G }
      const rows = (graph: Graph) => {
        const places = Int32Array.from({ length: 24 }, (_, row) =>
          asked.includes(row) ? asked.indexOf(row) : 16,
        )
        return { rows: graph.constant(Int32Array.from(asked), [16]), places: graph.constant(places, [24]) }
      }
      const some = (v: Record<string, Value>) => {
        const wanted = rows(v.q!.graph)
        return attention(selectRows(v.q!, wanted), v.k!, v.v!, 3, 2, { queries: wanted.rows })
      }
      const all = (v: Record<string, Value>) =>
        selectRows(attention(v.q!, v.k!, v.v!, 3, 2), rows(v.q!.graph))
      const few = await runGraph(inputs, {}, (v) => ({ y: some(v) }), lowering)
      const many = await runGraph(inputs, {}, (v) => ({ y: all(v) }), lowering)
      const [x, y] = [few.outputs.y!.data as Float32Array, many.outputs.y!.data as Float32Array]
      expect(x.length).toBe(64)
      x.forEach((value, i) => {
        expect(value).toBeCloseTo(y[i]!, 6)
      })
      expect(await gradientError(inputs, some, { lowering })).toBeLessThan(TOLERANCE)
    },
  )

  test('linear without accumulating in Gemm', async () => {
    const inputs = { a, w: values([4, 4], 3), u: values([4, 4], 6), b: values([1, 4], 8) }
    const build = (v: Record<string, Value>) => add(linear(v.a!, v.w!, v.b!), linear(v.a!, v.u!, v.b!))
    expect(
      await gradientError(inputs, build, { lowering: { ...LOWERINGS.cpu, gemmAccumulate: false } }),
    ).toBeLessThan(TOLERANCE)
  })

  test('gather', async () => {
    const integers = { i: { shape: [2, 3], data: Int32Array.of(0, 2, 2, 1, 0, 2) } }
    expect(
      await gradientError({ table: values([4, 3], 1) }, (v) => gather(v.table!, v.i!), { integers }),
    ).toBeLessThan(TOLERANCE)
  })

  test('weighted cross-entropy', async () => {
    const integers = { targets: { shape: [3], data: Int32Array.of(1, 3, 0) } }
    const build = (v: Record<string, Value>, g: Graph) =>
      weightedCrossEntropy(v.a!, v.targets!, g.constant(Float32Array.of(0.5, 0, 2), [3, 1]))
    expect(await gradientError({ a }, build, { integers })).toBeLessThan(TOLERANCE)
  })
})

describe('values', () => {
  test('gelu between its folded constants is the exact GELU', async () => {
    const x = values([1, 9], 3)
    const { outputs } = await runGraph({ x }, {}, (v) => ({
      y: scale(gelu(scale(v.x!, Math.SQRT1_2)), Math.SQRT1_2),
    }))
    // Φ by numerical integration, independent of any erf.
    const phi = (z: number) => {
      let sum = 0
      const n = 4000
      for (let i = 0; i < n; i++) sum += Math.exp(-((-8 + ((z + 8) * (i + 0.5)) / n) ** 2 / 2))
      return (sum * (z + 8)) / n / Math.sqrt(2 * Math.PI)
    }
    ;(outputs.y!.data as Float32Array).forEach((value, i) => {
      expect(value).toBeCloseTo(x.data[i]! * phi(x.data[i]!), 5)
    })
  })

  test('cross-entropy of an impossible target is finite', async () => {
    const logits = { shape: [1, 2], data: Float32Array.of(-500, 500) }
    const integers = { t: { shape: [1], data: Int32Array.of(0) } }
    const { outputs } = await runGraph({ logits }, integers, (v, g) => ({
      y: weightedCrossEntropy(v.logits!, v.t!, g.constant(Float32Array.of(1), [1, 1])),
    }))
    expect((outputs.y!.data as Float32Array)[0]).toBeCloseTo(-Math.log(1e-30), 2)
  })
})

describe('shape errors show both shapes', () => {
  const graph = new Graph('wrong')
  const [x, y] = [graph.input('x', [2, 3]), graph.input('y', [4, 5])]
  test.each([
    ['gemm', () => gemm(x, y), /Gemm: inner sizes differ: x \[2, 3\], y \[4, 5\]/],
    ['add', () => add(x, y), /Add: shapes do not broadcast: x \[2, 3\], y \[4, 5\]/],
    ['concat', () => concat([x, y], 0), /concat: shapes differ outside axis 0: x \[2, 3\], y \[4, 5\]/],
    ['reshape', () => reshape(x, [7]), /reshape: cannot become \[7\]: x \[2, 3\]/],
  ])('%s', (_, build, message) => {
    expect(build).toThrow(ShapeError)
    expect(build).toThrow(message)
  })
})

test('the traced backward pass of a linear map with GELU stays what it was', () => {
  const graph = new Graph('traced')
  const [x, w, b] = [graph.input('x', [3, 4]), graph.input('w', [4, 2]), graph.input('b', [1, 2])]
  const y = graph.scope('layer', () => gelu(linear(x, w, b)))
  // Built here so that the snapshot shows forward and backward in one listing.
  const seed = graph.input('seed', [3, 2])
  return import('../../model/graph/autodiff.js').then(({ gradients }) => {
    gradients(graph, [[y, seed]], [x, w, b])
    expect(
      graph.nodes.map((n) => `${n.outputs.join(', ')} = ${n.operator}(${n.inputs.join(', ')})`),
    ).toMatchInlineSnapshot(`
      [
        "layer/Gemm = Gemm(x, w, b)",
        "layer/Erf = Erf(layer/Gemm)",
        "layer/Add = Add(layer/Erf, scalar/1)",
        "layer/Mul = Mul(layer/Gemm, layer/Add)",
        "gradient/layer/Mul = Mul(layer/Gemm, layer/Gemm)",
        "gradient/layer/Sub = Sub(scalar/0.1207822376352452, gradient/layer/Mul)",
        "gradient/layer/Exp = Exp(gradient/layer/Sub)",
        "gradient/layer/Mul_1 = Mul(layer/Gemm, gradient/layer/Exp)",
        "gradient/layer/Add = Add(layer/Add, gradient/layer/Mul_1)",
        "gradient/layer/Mul_2 = Mul(seed, gradient/layer/Add)",
        "gradient/layer/Gemm = Gemm(gradient/layer/Mul_2, w, )",
        "gradient/layer/Gemm_1 = Gemm(gradient/layer/Mul_2, x, )",
        "gradient/layer/Transpose = Transpose(gradient/layer/Gemm_1)",
        "gradient/layer/Gemm_2 = Gemm(ones/1x3, gradient/layer/Mul_2, )",
      ]
    `)
  })
})
