import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { emptyBatch } from '../../model/batch.js'
import type { Denoiser, Process } from '../../model/denoiser.js'
import { gradients } from '../../model/graph/autodiff.js'
import { Graph } from '../../model/graph/graph.js'
import { weightedPosteriorDivergence } from '../../model/operators/posterior-divergence.js'
import { type UniformConfig, uniformSchema } from '../../model/processes/uniform/chain.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { sample } from '../../model/samplers/sampler.js'
import { chiSquareScore } from '../reference/chi-square.js'
import { evaluate64, type Tensor64 } from '../reference/evaluate64.js'
import { chainOf, type Matrix } from '../reference/uniform-chain.js'

/** 1/V is a float32, so that constants of graphs are exact. */
const V = 4
/** What the network says of x_0 at a place where it reads the row's token. */
const GUESSES: Matrix = [
  [0.55, 0.3, 0.1, 0.05],
  [0.15, 0.25, 0.5, 0.1],
  [0.1, 0.45, 0.4, 0.05],
  [0.2, 0.05, 0.15, 0.6],
]

/** Guesses every token from the noisy one in its place. */
function guesser(noise: Process, length: number): Denoiser {
  return {
    length,
    vocabulary: V,
    process: noise,
    preferredBatch: 10_000,
    logProbabilities: async (strings) =>
      Float64Array.from(Array.from(strings, (token) => GUESSES[token]!).flat(), Math.log),
  }
}

/** One training step's batch of uniform noise, and its rows' level as the chain has them. */
function batchOf(
  config: UniformConfig,
  strings: Int32Array,
  length: number,
  seed: string,
  chunk = strings.length / length,
) {
  const noise = uniform(config)
  const out = emptyBatch(noise.parts(length, chunk), strings.length / length / chunk)
  noise.fill({ strings, length, vocabulary: V, chunk }, stream(seed, 'mask'), out)
  return out as Readonly<Record<'tokens' | 'targets' | 'weights' | 'levels', Int32Array | Float32Array>>
}

/** The times t whose α_t and ᾱ_{t−1} stand in a batch, row by row. */
function timesOf(config: UniformConfig, { levels }: ReturnType<typeof batchOf>): number[] {
  const { beta } = chainOf(config, V)
  const kept = [1]
  for (let t = 1; t <= config.steps; t++) kept.push(kept[t - 1]! * (1 - beta(t)))
  return Array.from({ length: levels.length / 2 }, (_, row) => {
    const t = kept.findIndex((_, at) => at > 0 && Math.abs(1 - beta(at) - levels[2 * row]!) < 1e-6)
    expect(levels[2 * row + 1]).toBeCloseTo(kept[t - 1]!, 6)
    return t
  })
}

describe('the chain of uniform noise', () => {
  test('has β linear from its first value at t = 1 to its last at t = steps: a batch of so many strings holds each once', () => {
    for (const config of [
      { kind: 'uniform', steps: 5, first: 0.05, last: 0.45 },
      { kind: 'uniform', steps: 24, first: 0.2, last: 0.01 },
      // 200 steps from 10⁻³ to 0.1, as arXiv 2505.16959 has them.
      uniformSchema.parse({ kind: 'uniform' }),
    ] as const) {
      const { steps, first, last } = config
      const { levels } = batchOf(config, new Int32Array(steps), 1, 'all times')
      const rows = Array.from(
        { length: steps },
        (_, row) => [1 - levels[2 * row]!, levels[2 * row + 1]!] as const,
      )
      const inTime = rows.sort(([, a], [, b]) => b - a)
      expect(inTime[0]![0]).toBeCloseTo(first, 6)
      expect(inTime[0]![1]).toBe(1)
      expect(inTime.at(-1)![0]).toBeCloseTo(last, 6)
      // An arithmetic series has its ends' mean, and ᾱ is the product of what every step keeps.
      expect(rows.reduce((sum, [beta]) => sum + beta, 0) / steps).toBeCloseTo((first + last) / 2, 6)
      inTime.slice(1).forEach(([, kept], i) => {
        expect(kept / (inTime[i]![1] * (1 - inTime[i]![0]))).toBeCloseTo(1, 5)
      })
    }
    expect(uniformSchema.parse({ kind: 'uniform' })).toEqual({
      kind: 'uniform',
      steps: 200,
      first: 1e-3,
      last: 0.1,
    })
  })

  test('shows every place of a batch every time equally often', () => {
    const config = { kind: 'uniform', steps: 6, first: 0.1, last: 0.6 } as const
    // As many strings as times, fewer, and more: in all of them each string's own time is uniform.
    for (const batch of [6, 2, 4, 9]) {
      const counts = Array.from({ length: batch }, () => new Array<number>(config.steps).fill(0))
      for (let step = 0; step < 1500; step++)
        for (const [b, t] of timesOf(config, batchOf(config, new Int32Array(batch), 1, `${step}`)).entries())
          counts[b]![t - 1]!++
      // 21 places, 4 standard deviations: a false alarm in less than 1 of 1,000 seeds.
      for (const place of counts)
        expect(chiSquareScore([{ counts: place, probabilities: place.map(() => 1 / 6) }])).toBeLessThan(4)
    }
  })
})

describe('the training loss of uniform noise', () => {
  const config = { kind: 'uniform', steps: 5, first: 0.05, last: 0.6 } as const
  const chain = chainOf(config, V)
  const softmax = (logits: readonly number[]) => {
    const exps = logits.map(Math.exp)
    return exps.map((e) => e / exps.reduce((a, b) => a + b, 0))
  }
  const logitsOf = (rows: number) =>
    Float64Array.from({ length: rows * V }, (_, i) => 1.5 * Math.sin(5 * i + 1))
  const column = (data: Float64Array): Tensor64 => ({ shape: [data.length, 1], data })

  test('and its gradient are Σ q ln(q/p) and its derivative, number for number', () => {
    // Every time, what was and what is seen.
    const rows = Array.from({ length: config.steps * V * V }, (_, i) => ({
      t: 1 + (i % config.steps),
      token: Math.floor(i / config.steps) % V,
      current: Math.floor(i / config.steps / V),
      weight: 0.5 + (i % 4),
    }))
    const R = rows.length
    const logits = logitsOf(R)
    const graph = new Graph('loss')
    const [read, levels, weights] = [
      graph.input('logits', [R, V]),
      graph.input('levels', [R, 2]),
      graph.input('weights', [R, 1]),
    ]
    const [current, targets] = [graph.input('current', [R], 'int32'), graph.input('targets', [R], 'int32')]
    const losses = weightedPosteriorDivergence(read, current, targets, levels, weights)
    const [slopes] = gradients(
      graph,
      [[losses, graph.constant(new Float32Array(R).fill(1), [R, 1], 'ones')]],
      [read],
    )
    const per = (read: (row: (typeof rows)[number]) => number) => Float64Array.from(rows, read)
    const kept = (t: number) => chain.all[t]![0]![0]! - chain.all[t]![0]![1]!
    const get = evaluate64(graph, {
      logits: { shape: [R, V], data: logits },
      levels: {
        shape: [R, 2],
        data: Float64Array.from(rows.flatMap(({ t }) => [1 - chain.beta(t), kept(t - 1)])),
      },
      weights: column(per(({ weight }) => weight)),
      current: { shape: [R], data: per(({ current }) => current) },
      targets: { shape: [R], data: per(({ token }) => token) },
    })
    rows.forEach(({ t, token, current, weight }, row) => {
      const own = Array.from(logits.subarray(row * V, (row + 1) * V))
      const loss = (at: readonly number[]) => weight * chain.divergence(t, current, token, softmax(at))
      expect(get(losses.name).data[row]).toBeCloseTo(loss(own), 12)
      for (let a = 0; a < V; a++) {
        const moved = (by: number) => loss(own.map((logit, b) => (a === b ? logit + by : logit)))
        // Fourth order in the step, so ten digits.
        const slope = (8 * (moved(1e-3) - moved(-1e-3)) - (moved(2e-3) - moved(-2e-3))) / 12e-3
        expect(get(slopes!.name).data[row * V + a]).toBeCloseTo(slope, 9)
      }
    })
  })

  test('of a batch is steps times the mean divergence of its tokens, each at its string’s time', () => {
    const [T, B, chunk] = [4, 6, 3]
    const strings = Int32Array.from({ length: T * B }, (_, i) => (i * i) % V)
    const noise = uniform(config)
    const batch = batchOf(config, strings, T, 'loss', chunk)
    const times = timesOf(config, batch)
    let total = 0
    let expected = 0
    for (let c = 0; c < B / chunk; c++) {
      const rows = T * chunk
      const logits = logitsOf(rows)
      const graph = new Graph('batch')
      const read = graph.input('logits', [rows, V])
      const parts = noise.parts(T, chunk)
      const bound = new Map(
        parts.map(({ name, shape, dataType }) => [name, graph.input(name, [...shape], dataType)]),
      )
      const losses = noise.losses(read, (name) => bound.get(name)!, { length: T, strings: chunk })
      const inputs = parts.map(({ name, shape }): [string, Tensor64] => {
        const whole = batch[name as 'tokens']
        const size = whole.length / (B / chunk)
        return [name, { shape, data: Float64Array.from(whole.subarray(c * size, (c + 1) * size)) }]
      })
      const get = evaluate64(graph, {
        ...Object.fromEntries(inputs),
        logits: { shape: [rows, V], data: logits },
      })
      total += get(losses.name).data.reduce((sum, loss) => sum + loss, 0)
      for (let row = 0; row < rows; row++) {
        const [at, string] = [c * rows + row, c * chunk + (row % chunk)]
        const token = strings[string * T + Math.floor(row / chunk)]!
        const start = softmax(Array.from(logits.subarray(row * V, (row + 1) * V)))
        expected += (config.steps / (T * B)) * chain.divergence(times[at]!, batch.tokens[at]!, token, start)
        // All tokens of a string are at one time.
        expect(times[at]).toBe(times[c * rows + (row % chunk)])
      }
    }
    // Levels and weights of a batch are float32.
    expect(total / expected).toBeCloseTo(1, 5)
  })
})

describe('the bound of uniform noise', () => {
  const config = { kind: 'uniform', steps: 6, first: 0.03, last: 0.7 } as const
  const chain = chainOf(config, V)
  /** Mean and variance of a token's divergence at time t, over what it may look like then. */
  const moments = (t: number, token: number) => {
    const over = (power: number) =>
      chain.sum(
        (current) =>
          chain.all[t]![token]![current]! * chain.divergence(t, current, token, GUESSES[current]!) ** power,
      )
    return { mean: over(1), variance: over(2) - over(1) ** 2 }
  }
  const prior = (token: number) =>
    chain.sum(
      (a) => chain.all[config.steps]![token]![a]! * Math.log(V * chain.all[config.steps]![token]![a]!),
    )

  test.each([6, 3, 4])(
    'is Σ_t of the expected divergences and what the end of the chain is from uniform, for strings of %d tokens',
    async (T) => {
      const [noise, count] = [uniform(config), 4000]
      const token = (i: number) => i % V
      const strings = {
        tokens: Int32Array.from({ length: count * T }, (_, at) => token(at % T)),
        count,
        length: T,
      }
      const bound = await noise.bound(guesser(noise, T), strings, 'bound')
      const places = Array.from({ length: T }, (_, i) => token(i))
      const all = (of: (token: number) => number) => places.reduce((sum, a) => sum + of(a), 0)
      const times = Array.from({ length: config.steps }, (_, i) => i + 1)
      const exact = times.reduce((sum, t) => sum + all((a) => moments(t, a).mean), all(prior))
      // Beyond 4 standard errors in 6 of 100,000 seeds.
      expect(Math.abs(bound.mean - exact)).toBeLessThan(4 * bound.standardError)
      expect(bound.standardError).toBeLessThan(0.02 * exact)
      expect(bound.crossEntropy.reduce((sum, share) => sum + share, 0)).toBeCloseTo(bound.mean, 9)
      if (T !== config.steps) return
      // One time per stretch: each share is that time's own.
      for (const t of times) {
        const own = all((a) => moments(t, a).mean) + all(prior) / T
        const error = Math.sqrt(all((a) => moments(t, a).variance) / count)
        expect(Math.abs(bound.crossEntropy[t - 1]! - own)).toBeLessThan(4 * error)
      }
    },
  )
})

describe('the reverse chain', () => {
  test('starts uniform and draws every step from Bayes’ rule on the forward chain, the last from x_0 itself', async () => {
    const config = { kind: 'uniform', steps: 3, first: 0.25, last: 0.55 } as const
    const chain = chainOf(config, V)
    const [T, count, noise] = [4, 4000, uniform(config)]
    const seen: Int32Array[] = []
    const { tokens } = await sample(guesser(noise, T), {
      count,
      seed: 'reverse',
      onState: (strings) => seen.push(strings.slice()),
    })
    const states = [...seen, tokens]
    expect(states).toHaveLength(config.steps + 1)
    const tally = (of: readonly number[]) => chain.states.map((a) => of.filter((b) => a === b).length)
    // False alarms in 3 of 100,000 seeds each.
    const uniformly = chain.states.map(() => 1 / V)
    expect(
      chiSquareScore([{ counts: tally(Array.from(states[0]!)), probabilities: uniformly }]),
    ).toBeLessThan(4)
    for (let t = config.steps; t >= 1; t--) {
      const [from, to] = [states[config.steps - t]!, states[config.steps - t + 1]!]
      const drawn = chain.states.map((current) => ({
        counts: tally(Array.from(to).filter((_, at) => from[at] === current)),
        probabilities: chain.back(t, current, GUESSES[current]!),
      }))
      expect(chiSquareScore(drawn)).toBeLessThan(4)
    }
  })
})
