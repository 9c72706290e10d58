import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearestDistances } from '../../analysis/measures/nearest.js'
import { oracleDistances, oracleProbe } from '../../analysis/measures/oracles.js'
import { supportRates } from '../../analysis/measures/support.js'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { consistencyIndex } from '../../analysis/oracles/consistency.js'
import { memoriser, type Smoothing } from '../../analysis/oracles/memoriser.js'
import { measureSamples } from '../../analysis/record.js'
import { stream } from '../../common/random.js'
import { firstRows } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { nodeMarginals } from '../../grammar/rhm/marginals.js'
import { logProbabilities } from '../../grammar/rhm/probability.js'
import { nodesAt, randomRhm, symbolsAt } from '../../grammar/rhm/rhm.js'
import { compile, type RhmTables } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { estimateNelbo, exactBound, exactNelbo } from '../../model/processes/absorbing/nelbo.js'
import { revealOrder } from '../../model/processes/absorbing/random-order.js'
import { sample } from '../../model/samplers/sampler.js'
import { enumerate } from '../reference/enumeration.js'

const tables = compile(
  randomRhm({ v: 4, m: 2, s: 2, L: 3, seed: 'oracles', weights: { kind: 'zipf', exponent: 0.7 } }),
)
const source = rhmSource(tables)
const everything = enumerate(tables)
const all = {
  tokens: Int32Array.from(everything.strings.flatMap((string) => Array.from(string))),
  count: everything.strings.length,
  length: tables.d,
}
const { train } = drawCorpus(source, { train: 40, test: 20, seed: 'oracles' })

/** H_ℓ = Σ over level-ℓ nodes of the entropy of their block, of independent blocks with exact marginals. */
function floor(tables: RhmTables, depth: number): number {
  const marginals = nodeMarginals(tables)
  const entropy = (p: ArrayLike<number>) =>
    Array.from(p).reduce((sum, x) => (x > 0 ? sum - x * Math.log(x) : sum), 0)
  let total = 0
  const symbols = symbolsAt(tables.grammar, depth)
  for (let node = 0; node < nodesAt(tables, depth); node++)
    total += entropy(marginals[depth]!.subarray(node * symbols, (node + 1) * symbols))
  for (let level = depth; level >= 1; level--) {
    const here = symbolsAt(tables.grammar, level)
    marginals[level]!.forEach((p, i) => {
      const rules = tables.levels[level]!.probability.subarray(
        (i % here) * tables.m,
        ((i % here) + 1) * tables.m,
      )
      total += p * entropy(rules)
    })
  }
  return total
}

describe('the Bayes-optimal denoisers (laws 7 and 12)', () => {
  test('the exact NELBO of BP_L is −ln p of every string', async () => {
    const some = { ...all, tokens: all.tokens.slice(0, 60 * tables.d), count: 60 }
    const nelbo = await exactNelbo(bayesDenoiser(source), some)
    const exact = logProbabilities(tables, some)
    nelbo.forEach((value, i) => {
      expect(value).toBeCloseTo(-exact[i]!, 9)
    })
  })

  test.each([0, 1, 2, 3])('the NELBO of BP_%i, averaged over the language, is H_ℓ', async (depth) => {
    const small = compile(randomRhm({ v: 3, m: 2, s: 2, L: 3, n: 2, seed: 'floors' }))
    const language = enumerate(small)
    const strings = {
      tokens: Int32Array.from(language.strings.flatMap((string) => Array.from(string))),
      count: language.strings.length,
      length: small.d,
    }
    const nelbo = await exactNelbo(bayesDenoiser(rhmSource(small), depth), strings)
    const mean = nelbo.reduce((sum, value, i) => sum + value * language.probabilities[i]!, 0)
    expect(mean).toBeCloseTo(floor(small, depth), 9)
  })

  test('samples of BP_L are valid at every level; of BP_ℓ up to level ℓ only', async () => {
    for (let depth = 0; depth <= tables.L; depth++) {
      const { tokens } = await sample(bayesDenoiser(source, depth), { count: 400, seed: 'bp' })
      const { levels } = await measureSamples(source, { tokens, count: 400, length: tables.d })
      for (const level of levels!) {
        if (level.level <= depth) expect(level.stringValidity).toBe(1)
        else expect(level.stringValidity).toBeLessThan(1)
      }
    }
  })

  test('samples of BP_L copy training strings as often as chance says, within the interval', async () => {
    const { tokens } = await sample(bayesDenoiser(source), { count: 2000, seed: 'chance' })
    const { copies } = await measureSamples(source, { tokens, count: 2000, length: tables.d }, { train })
    const expected = copies!.expected!
    expect(expected).toBeGreaterThan(0.01)
    expect(Math.abs(copies!.rate - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 2000))
  })

  test('their acquisition score is 1 up to level ℓ and 0 at the next, within its interval', async () => {
    const count = 4000
    const { tokens } = await sample(bayesDenoiser(source, 1), { count, seed: 'score' })
    const { levels } = await measureSamples(source, { tokens, count, length: tables.d })
    const [first, second] = levels!
    expect(first!.acquisition).toBe(1)
    expect(Math.abs(second!.acquisition!)).toBeLessThan(0.05)
  })
})

describe('the memoriser', () => {
  test('draws training strings only, each equally often', async () => {
    const { tokens } = await sample(memoriser(train, tables.v), { count: 2000, seed: 'm' })
    const samples = { tokens, count: 2000, length: tables.d }
    expect((await measureSamples(source, samples, { train })).copies!.rate).toBe(1)
    const counts = new Map<string, number>()
    for (let i = 0; i < 2000; i++) {
      const key = tokens.subarray(i * tables.d, (i + 1) * tables.d).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(40)
    for (const count of counts.values()) expect(Math.abs(count - 50)).toBeLessThan(35)
  })

  test('has a training NELBO of ln P', async () => {
    const nelbo = await exactNelbo(memoriser(train, tables.v), train)
    const mean = nelbo.reduce((sum, value) => sum + value, 0) / train.count
    expect(mean).toBeCloseTo(Math.log(train.count), 9)
  })

  test('calls evidence that no training string has impossible, and smoothed ones do not', async () => {
    const strange = Int32Array.from({ length: tables.d }, (_, t) =>
      t < 7 ? [3, 3, 3, 3, 3, 3, 3][t]! : tables.v,
    )
    const plain = await memoriser(train, tables.v).logProbabilities(strange)
    expect(plain.every((p) => p === Number.NEGATIVE_INFINITY)).toBe(true)
    const kinds: Smoothing[] = [
      { kind: 'substitution', rate: 0.05 },
      { kind: 'additive', c: 0.5 },
      { kind: 'threshold', tau: 3 },
    ]
    for (const smoothing of kinds) {
      const predicted = await memoriser(train, tables.v, smoothing).logProbabilities(strange)
      for (let t = 0; t < tables.d; t++) {
        const row = predicted.subarray(t * tables.v, (t + 1) * tables.v)
        expect(row.reduce((sum, p) => sum + Math.exp(p), 0)).toBeCloseTo(1, 10)
      }
    }
  })

  test('smoothed by nothing it is the memoriser, by very much its prior', async () => {
    const random = stream('smooth', 'strings')
    const strings = Int32Array.from(train.tokens, (token) => (random() < 0.5 ? tables.v : token))
    const close = (a: Float64Array, b: Float64Array) =>
      a.forEach((p, i) => {
        expect(Math.exp(p)).toBeCloseTo(Math.exp(b[i]!), 6)
      })
    const exact = await memoriser(train, tables.v).logProbabilities(strings)
    const oracle = bayesDenoiser(source)
    const prior = await oracle.logProbabilities(strings)
    const at = (smoothing: Smoothing) =>
      memoriser(train, tables.v, smoothing, oracle).logProbabilities(strings)
    close(await at({ kind: 'additive', c: 1e-9 }), exact)
    close(await at({ kind: 'threshold', tau: 0 }), exact)
    close(await at({ kind: 'substitution', rate: 1e-9 }), exact)
    close(await at({ kind: 'additive', c: 1e9 }), prior)
    close(await at({ kind: 'threshold', tau: 1e9 }), prior)
  })

  test('with substitutions it is the posterior of training strings seen through noise', async () => {
    const rate = 0.1
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = stream(`${seed}`, 'noisy')
        const v = 3
        const few = {
          tokens: Int32Array.from({ length: 5 * 3 }, () => Math.floor(random() * v)),
          count: 5,
          length: 3,
        }
        const string = Int32Array.from({ length: 3 }, () => Math.floor(random() * (v + 1)))
        const predicted = await memoriser(few, v, { kind: 'substitution', rate }).logProbabilities(string)
        const noisy = (a: number, b: number) => (a === b ? 1 - rate : rate / (v - 1))
        const [sums, total] = [new Float64Array(3 * v), { p: 0 }]
        for (let code = 0; code < v ** 3; code++) {
          const candidate = [code % v, Math.floor(code / v) % v, Math.floor(code / v / v)]
          if (candidate.some((a, t) => string[t] !== v && string[t] !== a)) continue
          let p = 0
          for (let n = 0; n < 5; n++)
            p += candidate.reduce((product, a, t) => product * noisy(a, few.tokens[n * 3 + t]!), 1)
          total.p += p
          candidate.forEach((a, t) => {
            sums[t * v + a]! += p
          })
        }
        string.forEach((token, t) => {
          if (token !== v) return
          for (let a = 0; a < v; a++)
            expect(Math.exp(predicted[t * v + a]!)).toBeCloseTo(sums[t * v + a]! / total.p, 10)
        })
      }),
      { numRuns: 60 },
    )
  })
})

test('the exact bound is the sum of its parts and what one mask per count estimates', async () => {
  const few = { ...train, count: 10 }
  const exact = await exactBound(bayesDenoiser(source), few)
  expect(exact.crossEntropy.reduce((sum, value) => sum + value, 0)).toBeCloseTo(exact.mean, 9)
  const estimate = await estimateNelbo(bayesDenoiser(source), few, '0')
  expect(Math.abs(estimate.mean - exact.mean)).toBeLessThan(4 * estimate.standardError)
})

describe('what a checkpoint is measured against', () => {
  const test_ = drawCorpus(source, { train: 40, test: 60, seed: 'oracles' }).test
  const index = consistencyIndex(train, tables.v)
  const draw = async (denoiser: Denoiser) => {
    const { tokens } = await sample(denoiser, { count: 300, seed: 'draw' })
    return { tokens, count: 300, length: tables.d }
  }
  const support = async (denoiser: Denoiser, fresh = test_) =>
    supportRates(index, tables.v, await draw(denoiser), (i) => revealOrder('draw', i, tables.d), fresh, '0')

  test('every oracle is at distance 0 from itself and names its own depth', async () => {
    const probe = await oracleProbe(source, train, test_, { strings: 30, seed: '0' })
    for (let depth = 0; depth <= tables.L; depth++) {
      const distances = await oracleDistances(bayesDenoiser(source, depth), probe)
      expect(distances.bayes[depth]).toBeCloseTo(0, 12)
      expect(distances.acquired).toBe(depth)
      for (const value of distances.bayes) expect(value).toBeGreaterThan(-1e-12)
    }
    const memory = await oracleDistances(memoriser(train, tables.v, { kind: 'additive', c: 1e-12 }), probe)
    expect(memory.memoriser).toBeCloseTo(0, 9)
    const estimated = await estimateNelbo(bayesDenoiser(source), firstRows(test_, 30), '0')
    probe.crossEntropy.forEach((value, k) => {
      expect(value).toBeCloseTo(estimated.crossEntropy[k]!, 12)
    })
  })

  test('sampling states of a memoriser are masked training strings, those of BP_L are as fresh ones', async () => {
    const memory = await support(memoriser(train, tables.v))
    expect(memory.sampled.every((rate) => rate === 1)).toBe(true)
    for (const omega of memory.overlap) expect(omega === null || omega === 1).toBe(true)
    // Held-out strings are never training strings; strings of the language sometimes are.
    const { tokens } = await sample(bayesDenoiser(source), { count: 300, seed: 'fresh' })
    const exact = await support(bayesDenoiser(source), { tokens, count: 300, length: tables.d })
    for (const omega of exact.overlap.slice(3)) expect(Math.abs(omega!)).toBeLessThan(0.15)
  })

  test('a memoriser’s samples are copies; those of BP_L are as near as held-out strings', async () => {
    const copied = nearestDistances(train, await draw(memoriser(train, tables.v)), test_)
    expect(copied.sampled[0]).toBe(1)
    expect(copied.heldOut[0]).toBe(0)
    const fresh = nearestDistances(train, await draw(bayesDenoiser(source)), test_)
    expect(copied.divergence).toBeGreaterThan(10 * fresh.divergence)
  })

  test('BP_L uses rules as the grammar does and needs no edits; BP_0 needs some', async () => {
    const exact = await measureSamples(source, await draw(bayesDenoiser(source)))
    for (const usage of exact.rules!) {
      expect(usage.entropy).toBeCloseTo(usage.expectedEntropy, 1)
      expect(usage.chiSquare).toBeLessThan(3)
    }
    expect(exact.edits).toEqual([0, 0, 0])
    const unigram = await measureSamples(source, await draw(bayesDenoiser(source, 0)))
    expect(unigram.edits![0]).toBeGreaterThan(0.5)
    expect(unigram.edits![2]).toBeGreaterThanOrEqual(unigram.edits![1]!)
  })
})
