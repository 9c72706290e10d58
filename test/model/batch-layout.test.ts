import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream, uniformInteger } from '../../common/random.js'
import { emptyBatch, primeFactors } from '../../model/batch.js'
import { type BatchLayout, fullLayout, pairedLayout } from '../../model/batch-layout.js'
import { gradients } from '../../model/graph/autodiff.js'
import { encodeModel } from '../../model/graph/encode.js'
import { Graph, LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import { type NetworkConfig, network } from '../../model/network.js'
import { takesSomeQueries } from '../../model/operators/attention.js'
import { selectRows } from '../../model/operators/shape.js'
import { initialise, layOut, unpack } from '../../model/parameters.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { evaluate64 } from '../reference/evaluate64.js'
import { runtime } from '../reference/network.js'

const V = 5

/** One chunk of a batch as masking draws it. */
interface Chunk {
  /** [n, T], before masking. */
  readonly strings: Int32Array
  readonly tokens: Int32Array
  readonly rows: Int32Array
  readonly places: Int32Array
  readonly targets: Int32Array
  readonly weights: Float32Array
}

/** A batch of so many chunks of n strings, written over what an earlier one may have left. */
function chunksOf(T: number, n: number, chunks: number, seed: string): Chunk[] {
  const random = stream(seed, 'layout')
  const strings = Int32Array.from({ length: chunks * n * T }, () => uniformInteger(random, V))
  const out = emptyBatch(MASKING.parts(T, n), chunks)
  for (const array of Object.values(out)) array.fill(77)
  MASKING.fill({ strings, length: T, vocabulary: V, chunk: n }, random, out)
  return Array.from({ length: chunks }, (_, c) => {
    const part = (array: Int32Array | Float32Array | undefined) =>
      array?.subarray((c * array.length) / chunks, ((c + 1) * array.length) / chunks)
    return {
      strings: part(strings),
      ...Object.fromEntries(Object.entries(out).map(([name, array]) => [name, part(array)])),
    } as unknown as Chunk
  })
}

/** Every size that a batch is cut into: itself, then divided by its prime factors, smallest first. */
function chunkSizes(batch: number): number[] {
  const sizes = [batch]
  for (const factor of primeFactors(batch)) sizes.push(sizes.at(-1)! / factor)
  return sizes
}

/** Checks a law on every chunk of random batches, in every way in which they are cut. */
function everyChunk(law: (layout: BatchLayout, chunk: Chunk) => void): void {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 2, max: 24 }),
      fc.nat(),
      (T, batch, seed) => {
        for (const n of chunkSizes(batch)) {
          const layout = pairedLayout(T, n)
          if (layout.chooses) for (const chunk of chunksOf(T, n, batch / n, `${seed}`)) law(layout, chunk)
        }
      },
    ),
  )
}

const indices = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('the layout of a masked chunk', () => {
  test('stands a string in every column, and in even chunks the two of a pair n/2 columns apart', () => {
    for (const layoutOf of [pairedLayout, fullLayout]) {
      for (let n = 1; n <= 40; n++) {
        const columns = indices(n).map(layoutOf(4, n).column)
        expect([...columns].sort((a, b) => a - b)).toEqual(indices(n))
        if (n % 2 === 1) continue
        for (let p = 0; p < n / 2; p++) {
          expect(columns[p]).toBe(2 * p)
          expect(columns[p + n / 2]).toBe(2 * p + 1)
        }
      }
    }
  })

  test('holds every string, hidden tokens replaced, token-major', () => {
    everyChunk(({ length: T, strings: n, column }, { strings, tokens }) => {
      for (let j = 0; j < n; j++)
        for (let t = 0; t < T; t++) expect([V, strings[column(j) * T + t]]).toContain(tokens[t * n + j])
    })
  })

  test('gives every hidden token one place and no visible one any; rows and places undo each other', () => {
    everyChunk(({ length: T, strings: n, scored, column }, { strings, tokens, rows, places, ...loss }) => {
      const taken = new Set<number>()
      for (let row = 0; row < T * n; row++) {
        const place = places[row]!
        if (tokens[row] !== V) {
          expect(place).toBe(scored)
          continue
        }
        expect(place).toBeLessThan(scored)
        expect(taken.has(place)).toBe(false)
        taken.add(place)
        expect(rows[place]).toBe(row)
        expect(loss.targets[place]).toBe(strings[column(row % n) * T + Math.floor(row / n)])
        expect(loss.weights[place]).toBeGreaterThan(0)
      }
      // Places that nobody took are odd chunks' padding: row 0 with a loss of 0.
      for (let place = 0; place < scored; place++) {
        if (taken.has(place)) continue
        expect(n % 2).toBe(1)
        expect([rows[place], loss.targets[place], loss.weights[place]]).toEqual([0, 0, 0])
      }
    })
  })

  test('has, in even chunks, rows of columns p and p + n/2 in places p, p + n/2, p + n, …', () => {
    everyChunk((layout, { rows }) => {
      const { strings: n, scored, turns } = layout
      const graph = new Graph('parts')
      expect(layout.selection((name) => graph.input(name, []))!.paired).toBe(n % 2 === 0)
      if (n % 2 === 1) return
      expect(turns).toBe(n / 2)
      for (let place = 0; place < scored; place++) expect(rows[place]! % turns).toBe(place % turns)
    })
  })
})

/** T, n, attention's row budget: groups of 4, 2, 8, 2 and 1 strings, and chunks that cannot ask for some rows. */
const attended: readonly [number, number, number][] = [
  [4, 8, 16],
  [8, 4, 16],
  [2, 16, 16],
  [6, 4, 16],
  [4, 12, 8],
  [5, 6, 16],
  [4, 6, 0],
  [3, 5, 16],
]
const config: NetworkConfig = { kind: 'transformer', layers: 2, width: 8, heads: 2, mlpRatio: 2 }

describe('attention asked by the chosen rows is attention over all rows, of which they are then chosen', () => {
  test('where some rows can be asked for, they are', () => {
    const asks = ([T, n, rows]: readonly [number, number, number]) =>
      takesSomeQueries({ ...LOWERINGS.cpu, attentionRows: rows }, T, n)
    expect(attended.map(asks)).toEqual([true, true, true, true, true, false, false, false])
  })

  const forms = attended.flatMap(([T, n, attentionRows]) => [
    { T, n, attentionRows, packedWidth: 48 },
    { T, n, attentionRows, packedWidth: 0 },
  ])
  test.each(forms)(
    '$T tokens of $n strings, $attentionRows rows together, projections of up to $packedWidth features packed',
    async ({ T, n, ...switches }) => {
      const lowering: Lowering = { ...LOWERINGS.cpu, ...switches }
      const net = network(config, { length: T, vocabulary: V })
      const weights = layOut(net.parameters)
      const values = initialise(weights, 'layout').map((bucket) =>
        bucket.map((value, i) => value + 0.1 * Math.sin(3 * i + 1)),
      )
      const layout = pairedLayout(T, n)
      const [chunk] = chunksOf(T, n, 1, `${T}/${n}`)

      /** The logits of the chosen rows, [R, V], and how a weighted sum of them changes with the parameters. */
      const evaluated = async (asked: boolean) => {
        const graph = new Graph('logits', lowering)
        const buckets = weights.sizes.map((size, b) => graph.input(`p${b}`, [size]))
        const tokens = graph.input('tokens', [T, n], 'int32')
        const lists = new Map(
          layout.parts.map(({ name, shape }) => [name, graph.input(name, shape, 'int32')]),
        )
        const chosen = layout.selection((name) => lists.get(name)!)!
        const { get } = unpack(weights, buckets)
        const logits = asked ? net.logits(get, tokens, chosen) : selectRows(net.logits(get, tokens), chosen)
        const forward = graph.nodes.slice()
        const shares = Float32Array.from(
          { length: layout.scored * V },
          (_, i) => Math.sin(7 * i) * chunk!.weights[Math.floor(i / V)]!,
        )
        const seed = graph.constant(shares, logits.shape, 'shares')
        gradients(graph, [[logits, seed]], buckets).forEach((slope, b) => {
          graph.output(slope, `d${b}`)
        })
        const inputs = {
          ...Object.fromEntries(values.map((data, b) => [`p${b}`, { shape: [data.length], data }])),
          tokens: { shape: [T, n], data: chunk!.tokens },
          rows: { shape: [layout.scored], data: chunk!.rows },
          places: { shape: [T * n], data: chunk!.places },
        }
        const session = await runtime.session(encodeModel(graph))
        const result = await session.run(mapValues(inputs, ({ data, shape }) => runtime.tensor(data, shape)))
        await session.release()
        const exact = evaluate64(
          { constants: graph.constants, nodes: forward } as unknown as Graph,
          mapValues(inputs, ({ data, shape }) => ({ shape, data: Float64Array.from(data) })),
        )
        return {
          logits: exact(logits.name).data,
          slopes: values.flatMap((_, b) => Array.from(result[`d${b}`]!.data as Float32Array)),
        }
      }
      const [asked, all] = [await evaluated(true), await evaluated(false)]
      expect(asked.logits.length).toBe(layout.scored * V)
      expect(relativeDifference(asked.logits, all.logits)).toBeLessThan(1e-12)
      expect(relativeDifference(asked.slopes, all.slopes)).toBeLessThan(1e-6)
    },
  )
})

function mapValues<A, B>(of: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, map(value)]))
}

function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [squares, total] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    squares += (a[i]! - b[i]!) ** 2
    total += b[i]! ** 2
  }
  return Math.sqrt(squares / total)
}
