import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { emptyBatch } from '../../model/batch.js'
import type { Process } from '../../model/denoiser.js'
import { Graph } from '../../model/graph/graph.js'
import { absorbing } from '../../model/processes/absorbing/absorbing.js'
import { absorbingSchema } from '../../model/processes/absorbing/config.js'
import { autoregressive } from '../../model/processes/autoregressive/autoregressive.js'
import { evaluate64 } from '../reference/evaluate64.js'

const [T, V, n] = [3, 4, 2]
const strings = Int32Array.of(0, 1, 2, 3, 3, 1)

/** The loss of a batch of one chunk, from logits of every row; the arrays of the batch; and which rows it chooses. */
function lossOf(learned: Process) {
  const parts = learned.parts(T, n)
  const batch = emptyBatch(parts, 1)
  learned.fill({ strings, length: T, vocabulary: V, chunk: n }, stream('loss', 'mask'), batch)
  const graph = new Graph('loss')
  const bound = new Map(
    parts.map(({ name, shape, dataType }) => [name, graph.input(name, [...shape], dataType)]),
  )
  const input = (name: string) => bound.get(name)!
  const chosen = learned.chosen(input, { length: T, strings: n })
  const rows = batch.targets!.length
  const read = graph.input('logits', [rows, V])
  const losses = learned.losses(read, input, { length: T, strings: n })
  const logits = Float64Array.from({ length: rows * V }, (_, i) => Math.sin(3 * i + 1))
  const get = evaluate64(graph, {
    ...Object.fromEntries(
      parts.map(({ name, shape }) => [name, { shape, data: Float64Array.from(batch[name]!) }]),
    ),
    logits: { shape: [rows, V], data: logits },
  })
  /** −ln softmax of a token in a row. */
  const nats = (row: number, token: number) => {
    const own = logits.subarray(row * V, (row + 1) * V)
    return Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - own[token]!
  }
  return { batch, parts, chosen, losses: get(losses.name).data, nats }
}

const shapes = (learned: Process) =>
  learned.parts(6, 4).map(({ name, shape, dataType }) => `${dataType} ${name} ${shape}`)

const masking = () => absorbing({ kind: 'absorbing', loss: 'mask-count' })

describe('masking', () => {
  test('fills masks, has its bound over mask counts and reads whatever is asked', () => {
    expect(masking()).toMatchObject({ fillsMasks: true, boundOver: 'mask counts', lag: 0 })
    const sampler = { kind: 'ancestral', steps: 3, grid: 'uniform', temperature: 2 } as const
    expect(masking().unread({ sampler, exact: true })).toBeUndefined()
  })

  test('of mask counts scores the T + 1 rows of each pair, of times every row', () => {
    expect(shapes(masking())).toEqual([
      'int32 tokens 6,4',
      'int32 rows 14',
      'int32 places 24',
      'int32 targets 14',
      'float32 weights 14',
    ])
    for (const loss of ['elbo', 'unweighted'] as const)
      expect(shapes(absorbing({ kind: 'absorbing', loss }))).toEqual([
        'int32 tokens 6,4',
        'int32 targets 24',
        'float32 weights 24',
      ])
  })

  test.each(['mask-count', 'elbo'] as const)(
    '%s: loses what hidden tokens cost, times their weights',
    (loss) => {
      const { batch, chosen, losses, nats } = lossOf(absorbing({ kind: 'absorbing', loss }))
      if (loss === 'mask-count')
        expect(chosen).toMatchObject({ rows: { name: 'rows' }, places: { name: 'places' }, paired: true })
      else expect(chosen).toBeUndefined()
      let [sum, scored] = [0, 0]
      for (let row = 0; row < T * n; row++) {
        if (batch.tokens![row] !== V) continue
        const place = batch.places?.[row] ?? row
        // Of two strings the first two columns are the first two strings.
        const token = strings[(row % n) * T + Math.floor(row / n)]!
        const weight = batch.weights![place]!
        expect(losses[place]).toBeCloseTo(weight * nats(place, token), 9)
        sum += losses[place]!
        scored++
      }
      expect(scored).toBeGreaterThan(0)
      expect(losses.reduce((total, one) => total + one, 0)).toBeCloseTo(sum, 9)
    },
  )

  test('by mask counts has no schedule, other losses may have one', () => {
    const schedule = { kind: 'cosine' } as const
    const issues = (value: object) =>
      absorbingSchema.safeParse({ kind: 'absorbing', ...value }).error?.issues.map(({ path }) => path)
    expect(issues({})).toBeUndefined()
    expect(issues({ loss: 'mask-count' })).toBeUndefined()
    expect(issues({ schedule })).toEqual([['schedule']])
    for (const loss of ['elbo', 'unweighted']) {
      expect(issues({ loss })).toBeUndefined()
      expect(issues({ loss, schedule })).toBeUndefined()
    }
  })
})

describe('left to right', () => {
  test('every token costs −ln softmax of its row, an equal share of the whole', () => {
    expect(shapes(autoregressive())).toEqual(['int32 tokens 6,4', 'int32 targets 24', 'float32 weights 24'])
    const { batch, chosen, losses, nats } = lossOf(autoregressive())
    expect(chosen).toBeUndefined()
    expect([...batch.tokens!]).toEqual([V, V, 0, 3, 1, 3])
    for (let row = 0; row < T * n; row++) {
      const token = strings[(row % n) * T + Math.floor(row / n)]!
      expect(losses[row]).toBeCloseTo(nats(row, token) / 6, 6)
    }
  })

  test('a batch stands chunk by chunk, token by token', () => {
    const learned = autoregressive()
    const out = emptyBatch(learned.parts(T, 1), 2)
    learned.fill({ strings, length: T, vocabulary: V, chunk: 1 }, stream('any', 'mask'), out)
    expect([...out.targets!]).toEqual([...strings])
    expect([...out.tokens!]).toEqual([V, 0, 1, V, 3, 3])
  })
})
