import { standardNormal } from '../common/normal.js'
import { stream } from '../common/random.js'
import { type Graph, type Shape, sizeOf, type Value } from './graph/graph.js'
import { reshape } from './operators/arithmetic.js'
import { split } from './operators/shape.js'

/** A named weight of a network and how it starts. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: Shape
  /** Standard deviation of its normal initial values; 0 for zeros. */
  readonly deviation: number
  /** Mean of its initial values. */
  readonly mean?: number
}

/**
 * Parameters laid end to end in a few flat buckets. The optimiser works on whole buckets: fewer nodes than one
 * update per tensor, and each bucket fits a cache.
 */
export interface ParameterLayout {
  readonly specs: readonly ParameterSpec[]
  /** buckets[b] lists the specs in bucket b, in order. */
  readonly buckets: readonly (readonly ParameterSpec[])[]
  /** Elements per bucket. */
  readonly sizes: readonly number[]
  /** All elements. */
  readonly total: number
}

/** Parameter values: one Float32Array per bucket. */
export type Buckets = readonly Float32Array[]

const BUCKET = 2 ** 16

/** Fills buckets in order, closing one when the next tensor would overflow it. */
export function layOut(specs: readonly ParameterSpec[], capacity = BUCKET): ParameterLayout {
  const buckets: ParameterSpec[][] = []
  let room = 0
  for (const spec of specs) {
    const size = sizeOf(spec.shape)
    if (buckets.length === 0 || size > room) {
      buckets.push([])
      room = capacity
    }
    buckets[buckets.length - 1]!.push(spec)
    room -= size
  }
  const sizes = buckets.map((bucket) => bucket.reduce((sum, spec) => sum + sizeOf(spec.shape), 0))
  return { specs, buckets, sizes, total: sizes.reduce((sum, size) => sum + size, 0) }
}

/** Initial values; each tensor has its own stream, so adding one changes no other. */
export function initialise(layout: ParameterLayout, seed: string): Float32Array[] {
  const values = zeros(layout)
  for (const { spec, data } of tensorsOf(layout, values)) {
    const { name, deviation, mean = 0 } = spec
    const random = stream(seed, 'initial', name)
    for (let i = 0; i < data.length; i++)
      data[i] = mean + (deviation === 0 ? 0 : deviation * standardNormal(random))
  }
  return values
}

/** All-zero buckets: the optimiser's moments at step 0. */
export function zeros(layout: ParameterLayout): Float32Array[] {
  return layout.sizes.map((size) => new Float32Array(size))
}

/** Views of each named tensor inside its bucket. */
export function* tensorsOf(
  layout: ParameterLayout,
  values: Buckets,
): Generator<{ spec: ParameterSpec; data: Float32Array }> {
  for (const [b, bucket] of layout.buckets.entries()) {
    let offset = 0
    for (const spec of bucket) {
      const size = sizeOf(spec.shape)
      yield { spec, data: values[b]!.subarray(offset, offset + size) }
      offset += size
    }
  }
}

/** The named tensors inside bucket values of a graph. */
export type Parameters = (name: string) => Value

/** Cuts flat bucket values into the named tensors they hold. */
export function unpack(
  layout: ParameterLayout,
  buckets: readonly Value[],
): { all: Value[]; get: Parameters } {
  const named = new Map<string, Value>()
  layout.buckets.forEach((bucket, b) => {
    const sizes = bucket.map((spec) => sizeOf(spec.shape))
    const parts = split(buckets[b]!, 0, sizes)
    bucket.forEach((spec, i) => {
      named.set(spec.name, reshape(parts[i]!, spec.shape))
    })
  })
  return { all: layout.specs.map((spec) => named.get(spec.name)!), get: (name) => found(named, name) }
}

/** Parameters held in the file as named constants: for an exported network. */
export function embed(graph: Graph, layout: ParameterLayout, values: Buckets): Parameters {
  const named = new Map<string, Value>()
  for (const { spec, data } of tensorsOf(layout, values))
    named.set(spec.name, graph.constant(data, spec.shape, spec.name))
  return (name) => found(named, name)
}

function found(named: ReadonlyMap<string, Value>, name: string): Value {
  const value = named.get(name)
  if (!value) throw new Error(`no parameter named ${name}`)
  return value
}
