import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniformInteger } from '../../common/random.js'
import { row, type TokenMatrix, tokenMatrix } from '../../common/strings.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { batchPart } from '../../model/batch.js'
import type { Denoiser, Process } from '../../model/denoiser.js'
import { nelboOf } from '../../model/nelbo.js'
import { network } from '../../model/network.js'
import { weightedCrossEntropy } from '../../model/operators/cross-entropy.js'
import { asColumn } from '../../model/operators/shape.js'
import { layOut } from '../../model/parameters.js'
import { fillOneByOne } from '../../model/samplers/fill.js'
import { sample } from '../../model/samplers/sampler.js'
import { type NetworkDenoiser, networkDenoiser } from '../../train/network-denoiser.js'
import { tokenObjective } from '../../train/objective.js'
import { createStepper } from '../../train/stepper.js'
import { evaluationParameters, startState, type Training } from '../../train/training.js'
import { enumerate, listDenoiser } from '../reference/enumeration.js'
import { runtime } from '../reference/network.js'

/**
 * A process that is none of the project's: a suffix that begins anywhere is hidden, and its first token is predicted. Its batches
 * choose one row per string, by arrays that have names of their own. Written against the interface alone.
 */
const SUFFIX: Process = {
  name: 'to continue prefixes',
  fillsMasks: true,
  boundOver: 'positions',
  lag: 0,
  parts: (length, strings) => [
    batchPart('tokens', [length, strings]),
    batchPart('firstHidden', [strings]),
    batchPart('placeOfRow', [length * strings]),
    batchPart('truth', [strings]),
    batchPart('share', [strings], 'float32'),
  ],
  fill({ strings, length, vocabulary, chunk: n }, random, out) {
    const { tokens, firstHidden, placeOfRow, truth, share } = out
    const batch = strings.length / length
    placeOfRow!.fill(n)
    for (let b = 0; b < batch; b++) {
      const [first, j] = [(b - (b % n)) * length, b % n]
      const start = uniformInteger(random, length)
      for (let t = 0; t < length; t++)
        tokens![first + t * n + j] = t < start ? strings[b * length + t]! : vocabulary
      firstHidden![b] = start * n + j
      placeOfRow![first + start * n + j] = j
      truth![b] = strings[b * length + start]!
      share![b] = 1 / batch
    }
  },
  chosen: (input) => ({ rows: input('firstHidden'), places: input('placeOfRow') }),
  losses: (logits, input) => weightedCrossEntropy(logits, input('truth'), asColumn(input('share'))),
  unread: () => undefined,
  sample(denoiser, strings, first, options) {
    const leftToRight = Int32Array.from({ length: denoiser.length }, (_, t) => t)
    return fillOneByOne(denoiser, strings, first, () => leftToRight, options)
  },
  async bound(denoiser, strings) {
    const { count, length: T } = strings
    const prefixes = Int32Array.from({ length: count * T * T }, (_, at) => {
      const [i, start, t] = [Math.floor(at / (T * T)), Math.floor(at / T) % T, at % T]
      return t < start ? strings.tokens[i * T + t]! : denoiser.vocabulary
    })
    const predicted = await denoiser.logProbabilities(prefixes)
    const perString = new Float64Array(count)
    const sums = new Float64Array(T)
    strings.tokens.forEach((token, at) => {
      const loss = -predicted[(at * T + (at % T)) * denoiser.vocabulary + token]!
      perString[Math.floor(at / T)]! += loss
      sums[at % T]! += loss
    })
    return nelboOf(perString, sums)
  },
}

const tables = compile(randomRhm({ v: 3, m: 2, s: 2, L: 2, seed: '1' }))
const { d: T, v: V } = tables
const language = enumerate(tables)
const strings = tokenMatrix(language.strings, T)
const entropy = Math.log(strings.count)
const everyString: TokenMatrix = {
  tokens: Int32Array.from(
    { length: V ** T * T },
    (_, at) => Math.floor(Math.floor(at / T) / V ** (at % T)) % V,
  ),
  count: V ** T,
  length: T,
}
const valid = new Set(language.strings.map((string) => string.join()))

/** Probability that a denoiser gives to a string. */
async function probability(denoiser: Denoiser, string: Int32Array): Promise<number> {
  const { mean } = await denoiser.process.bound(denoiser, tokenMatrix([string], T), '0')
  return Math.exp(-mean)
}

test('the language of these tests is a list of equally likely strings', () => {
  expect(valid.size).toBe(strings.count)
  for (const p of language.probabilities) expect(p).toBeCloseTo(1 / strings.count, 12)
})

describe('a denoiser of a process of one’s own', () => {
  test('that is the exact posterior pays the entropy, −ln p of every string; one that guesses pays more', async () => {
    const exact = { ...listDenoiser(language, T, V), process: SUFFIX }
    const { mean, crossEntropy } = await SUFFIX.bound(exact, strings, '0')
    expect(mean).toBeCloseTo(entropy, 10)
    expect(crossEntropy.reduce((sum, part) => sum + part)).toBeCloseTo(mean, 10)
    for (let i = 0; i < strings.count; i++)
      expect(await probability(exact, row(strings, i))).toBeCloseTo(1 / strings.count, 10)
    const guesses = { ...listDenoiser(language, T, V, 0.2), process: SUFFIX }
    expect((await SUFFIX.bound(guesses, strings, '0')).mean).toBeGreaterThan(entropy + 0.1)
  })

  test('that is the exact posterior draws every string of the language equally often', async () => {
    const exact = { ...listDenoiser(language, T, V), process: SUFFIX }
    const count = 4000
    const { tokens } = await sample(exact, { count, seed: 'suffix' })
    const drawn = new Map<string, number>()
    for (let i = 0; i < count; i++) {
      const string = tokens.subarray(i * T, (i + 1) * T).join()
      expect(valid).toContain(string)
      drawn.set(string, (drawn.get(string) ?? 0) + 1)
    }
    const expected = count / strings.count
    const chiSquare = [...valid].reduce(
      (sum, string) => sum + ((drawn.get(string) ?? 0) - expected) ** 2 / expected,
      0,
    )
    // Five standard deviations of χ².
    expect(chiSquare).toBeLessThan(valid.size - 1 + 5 * Math.sqrt(2 * (valid.size - 1)))
  })
})

describe('a network that learns a process of one’s own', () => {
  const net = network(
    { kind: 'transformer', layers: 1, width: 16, heads: 2, mlpRatio: 4 },
    { length: T, vocabulary: V },
  )
  const layout = layOut(net.parameters)
  const [batch, chunk] = [32, 16]
  const training: Training = {
    objective: tokenObjective(net, SUFFIX),
    layout,
    optimiser: {
      learningRate: 0.02,
      schedule: 'cosine',
      warmup: 10,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
    },
    ema: false,
    steps: 600,
    batch,
    accumulate: batch / chunk,
    items: strings.count,
    seed: 'own',
    fill(indices, chunk, random, out) {
      const picked = tokenMatrix(
        Array.from(indices, (i) => row(strings, i)),
        T,
      ).tokens
      SUFFIX.fill({ strings: picked, length: T, vocabulary: V, chunk }, random, out)
    },
  }
  let artifact: Uint8Array
  let losses: number[]
  let learned: NetworkDenoiser

  beforeAll(async () => {
    const stepper = await createStepper(training, startState(training, 'own'), runtime, (model) => {
      artifact = model
    })
    losses = []
    while (losses.length < 20) losses.push((await stepper.advance(training.steps / 20)).loss)
    learned = await networkDenoiser(net, SUFFIX, evaluationParameters(await stepper.state()), runtime)
    await stepper.release()
  })
  afterAll(() => learned.release())

  test('reads its arrays, by its names, and no others', () => {
    const { input } = fromBinary(ModelProtoSchema, artifact).graph!
    const shown = input.map(({ name, type }) => {
      const shape = type!.value.case === 'tensorType' ? type!.value.value.shape!.dim : []
      return `${name} ${shape.map((dim) => dim.value.value).join('×')}`
    })
    const { total } = layout
    expect(shown).toEqual([
      ...['parameters.0', 'first.0', 'second.0'].map((name) => `${name} ${total}`),
      `tokens steps×2×${T}×${chunk}`,
      `firstHidden steps×2×${chunk}`,
      `placeOfRow steps×2×${T * chunk}`,
      `truth steps×2×${chunk}`,
      `share steps×2×${chunk}`,
      'scalars steps×4',
      'steps ',
    ])
  })

  test('starts near ln V nats per token and falls below it, almost to the entropy', () => {
    expect(losses[0]).toBeLessThan(1.1 * Math.log(V))
    expect(losses.at(-1)).toBeLessThan(Math.log(V))
    expect(losses.at(-1)! * T).toBeLessThan(entropy + 0.2)
  })

  test('gives probabilities to all strings that sum to 1, and never beats the entropy', async () => {
    let total = 0
    for (let i = 0; i < everyString.count; i++) total += await probability(learned, row(everyString, i))
    expect(total).toBeCloseTo(1, 5)
    const { mean } = await SUFFIX.bound(learned, strings, '0')
    expect(mean).toBeGreaterThan(entropy)
    expect(mean).toBeLessThan(entropy + 0.2)
  })

  test('samples strings of tokens with the probabilities that it gives them, with and without its shortcut', async () => {
    const count = 2000
    const { tokens } = await sample(learned, { count, seed: 'own' })
    expect(tokens.every((token) => token >= 0 && token < V)).toBe(true)
    const { reveal, hiddenLoss: _, ...plain } = learned
    expect(reveal).toBeDefined()
    expect((await sample(plain, { count, seed: 'own' })).tokens).toEqual(tokens)
    expect((await sample(learned, { count: 700, seed: 'own' })).tokens).toEqual(tokens.subarray(0, 700 * T))
    let expected = 0
    for (let i = 0; i < strings.count; i++) expected += await probability(learned, row(strings, i))
    let inside = 0
    for (let i = 0; i < count; i++) inside += valid.has(tokens.subarray(i * T, (i + 1) * T).join()) ? 1 : 0
    const error = Math.sqrt((expected * (1 - expected)) / count)
    expect(Math.abs(inside / count - expected)).toBeLessThan(4 * error)
  })
})
