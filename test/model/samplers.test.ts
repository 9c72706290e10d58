import { describe, expect, test } from 'vitest'
import { firstRows } from '../../common/strings.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { revealOrder } from '../../model/processes/absorbing/random-order.js'
import type { SamplerConfig } from '../../model/samplers/config.js'
import { drawToken } from '../../model/samplers/draw.js'
import { sample } from '../../model/samplers/sampler.js'
import { chiSquareScore } from '../reference/chi-square.js'
import { enumerate, listDenoiser } from '../reference/enumeration.js'

const tables = compile(
  randomRhm({ v: 3, m: 2, s: 2, L: 2, seed: '1', weights: { kind: 'zipf', exponent: 1 } }),
)
const language = enumerate(tables)
const exact = listDenoiser(language, tables.d, tables.v)
const names = language.strings.map((string) => string.join(' '))

async function histogram(sampler: SamplerConfig, count: number): Promise<number[]> {
  const { tokens } = await sample(exact, { sampler, count, seed: 'samplers' })
  const counts = new Array<number>(names.length).fill(0)
  for (let i = 0; i < count; i++) {
    const index = names.indexOf(tokens.subarray(i * tables.d, (i + 1) * tables.d).join(' '))
    if (index < 0) throw new Error('a sample outside the language')
    counts[index]!++
  }
  return counts
}

describe('samplers of an exact denoiser', () => {
  const count = 6000

  test('random order draws every string with its probability', async () => {
    const counts = await histogram({ kind: 'random-order', temperature: 1 }, count)
    expect(chiSquareScore([{ counts, probabilities: language.probabilities }])).toBeLessThan(4)
  })

  test.each(['uniform', 'cosine'] as const)(
    'ancestral sampling with many %s steps draws from the same distribution (law 13)',
    async (grid) => {
      // The chance of two tokens in one step falls as 1/steps; the few invalid strings it makes are counted, not hidden.
      const sampler = { kind: 'ancestral', steps: 400, grid, temperature: 1 } as const
      const { tokens } = await sample(exact, { sampler, count: 3000, seed: 'ancestral' })
      const counts = new Array<number>(names.length).fill(0)
      let invalid = 0
      for (let i = 0; i < 3000; i++) {
        const index = names.indexOf(tokens.subarray(i * tables.d, (i + 1) * tables.d).join(' '))
        if (index < 0) invalid++
        else counts[index]!++
      }
      expect(invalid / 3000).toBeLessThan(0.02)
      expect(chiSquareScore([{ counts, probabilities: language.probabilities }])).toBeLessThan(4)
    },
  )

  test.each([
    ['uniform', (done: number) => 1 - done],
    // Fast at the end, when most is visible: the share still masked of arXiv 2202.04200.
    ['cosine', (done: number) => Math.cos((Math.PI / 2) * done)],
  ] as const)('the %s grid leaves the share of tokens hidden that it is named for', async (grid, masked) => {
    const [T, V, count, steps] = [40, 3, 400, 8]
    const flat: Denoiser = {
      length: T,
      vocabulary: V,
      process: MASKING,
      preferredBatch: count,
      logProbabilities: async (strings) => new Float64Array(strings.length * V).fill(-Math.log(V)),
    }
    const shares: number[] = []
    await sample(flat, {
      sampler: { kind: 'ancestral', steps, grid, temperature: 1 },
      count,
      seed: 'grid',
      onState: (strings) => shares.push(strings.filter((token) => token === V).length / (T * count)),
    })
    expect(shares).toHaveLength(steps)
    // Tokens are independent: beyond 4 standard deviations at one of 14 moments in less than 1 of 1,000 seeds.
    shares.forEach((share, step) => {
      const p = masked(step / steps)
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / (T * count)))
    })
  })

  test('one ancestral step draws tokens independently, so it leaves the language', async () => {
    const { tokens } = await sample(exact, {
      sampler: { kind: 'ancestral', steps: 1, grid: 'uniform', temperature: 1 },
      count: 500,
      seed: 'one',
    })
    const inside = Array.from({ length: 500 }, (_, i) =>
      names.includes(tokens.subarray(i * tables.d, (i + 1) * tables.d).join(' ')),
    )
    expect(inside.filter(Boolean).length).toBeLessThan(450)
  })

  test.each([undefined, { kind: 'ancestral', steps: 3, grid: 'cosine', temperature: 1 }] as const)(
    '%j never changes a token that is visible, and asks at its place for its string alone',
    async (sampler) => {
      const [T, V, count] = [5, 3, 9]
      const states: Int32Array[] = []
      /** Half sure of a token at each place. */
      const chance = (t: number, token: number) => (token === t % V ? 0.5 : 0.25)
      const denoiser = (preferredBatch: number): Denoiser => ({
        length: T,
        vocabulary: V,
        process: MASKING,
        preferredBatch,
        logProbabilities: async (strings) =>
          Float64Array.from({ length: strings.length * V }, (_, i) =>
            Math.log(chance(Math.floor(i / V) % T, i % V)),
          ),
      })
      const draw = (preferred: number, onState?: (strings: Int32Array) => void) =>
        sample(denoiser(preferred), { ...(sampler ? { sampler } : {}), count, seed: 'visible', onState })
      const { tokens } = await draw(count, (strings) => states.push(strings.slice()))
      for (const [i, state] of states.entries())
        state.forEach((token, at) => {
          if (token !== V) expect((states[i + 1] ?? tokens)[at]).toBe(token)
        })
      expect(states[0]!.every((token) => token === V)).toBe(true)
      expect(tokens.every((token) => token < V)).toBe(true)
      expect((await draw(2)).tokens).toEqual(tokens)
      // A sure denoiser is believed, place by place.
      const sure: Denoiser = {
        ...denoiser(count),
        logProbabilities: async (strings) =>
          Float64Array.from({ length: strings.length * V }, (_, i) =>
            i % V === (Math.floor(i / V) % T) % V ? 0 : Number.NEGATIVE_INFINITY,
          ),
      }
      const believed = await sample(sure, { ...(sampler ? { sampler } : {}), count, seed: 'sure' })
      expect([...believed.tokens]).toEqual(Array.from({ length: count * T }, (_, at) => (at % T) % V))
    },
  )

  test('the order in which random-order sampling reveals a string is known from its seed', async () => {
    const seen: Int32Array[] = []
    const onState = (strings: Int32Array) => seen.push(strings.slice())
    const { tokens } = await sample(exact, { count: 3, seed: 'order', onState })
    const states = [...seen, tokens]
    for (let i = 0; i < 3; i++) {
      const order = seen.map((state, step) => {
        const at = Array.from({ length: tables.d }, (_, t) => i * tables.d + t)
        return at.findIndex((place) => state[place] !== states[step + 1]![place])
      })
      expect([...revealOrder('order', i, tables.d)]).toEqual(order)
    }
  })

  test('seeds reach the draws, and string i does not depend on how many are drawn', async () => {
    const draw = (seed: string, n: number) =>
      sample(exact, { sampler: { kind: 'random-order', temperature: 1 }, count: n, seed })
    expect(await draw('a', 100)).toEqual(await draw('a', 100))
    expect(await draw('a', 100)).not.toEqual(await draw('b', 100))
    expect(firstRows(await draw('a', 150), 100)).toEqual(await draw('a', 100))
  })
})

describe('drawing a token', () => {
  const logs = Float64Array.from([0.5, 0.3, 0.2].map(Math.log))

  test('at temperature 0 takes the likeliest', () => {
    expect(drawToken(logs, 0, 3, 0, () => 0.999)).toBe(0)
  })

  test('at another temperature follows p^(1/temperature)', () => {
    const counts = [0, 0, 0]
    for (let i = 0; i < 30_000; i++) counts[drawToken(logs, 0, 3, 2, () => (i + 0.5) / 30_000)]!++
    const weights = [0.5, 0.3, 0.2].map(Math.sqrt)
    const total = weights.reduce((a, b) => a + b)
    counts.forEach((n, a) => {
      expect(n / 30_000).toBeCloseTo(weights[a]! / total, 3)
    })
  })

  test('never takes an impossible token, and says so when all are impossible', () => {
    const impossible = Float64Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY)
    for (const u of [0, 0.5, 1 - 2 ** -53]) expect(drawToken(impossible, 0, 3, 1, () => u)).toBe(1)
    expect(() => drawToken(new Float64Array(3).fill(Number.NEGATIVE_INFINITY), 0, 3, 1, () => 0.5)).toThrow(
      /impossible/,
    )
  })
})
