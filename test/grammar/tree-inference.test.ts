import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { bestDerivation, posteriorSampler } from '../../grammar/inference/derivations.js'
import { editDistances } from '../../grammar/inference/edit-distance.js'
import { tokenPosterior } from '../../grammar/inference/posterior.js'
import {
  BOOLEAN,
  COUNTING,
  derivationEntropy,
  ENTROPY,
  LOG,
  MAX,
  REAL,
  SCALED_REAL,
  type Semiring,
} from '../../grammar/inference/semiring.js'
import { fillLeaves, treeSweep } from '../../grammar/inference/tree-sweep.js'
import { choiceCount, derive, logProbability } from '../../grammar/rhm/derivation.js'
import { stringEntropy } from '../../grammar/rhm/marginals.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile, type RhmTables } from '../../grammar/rhm/tables.js'
import { allDerivations, enumerate } from '../reference/enumeration.js'
import { smallGrammar } from './arbitrary.js'

/** A grammar and a string of it or not, some tokens hidden. */
const observed = fc
  .record({ grammar: smallGrammar, seed: fc.nat(), hide: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ grammar, seed, hide }) => {
    const tables = compile(grammar)
    const random = stream(`${seed}`, 'observed')
    const choices = Int32Array.from({ length: choiceCount(tables) }, (_, i) =>
      Math.floor(random() * (i === 0 ? tables.n : tables.m)),
    )
    const broken = random() < 0.3
    const string = derive(tables, choices).levels[0]!.map((token) => {
      if (random() < hide) return tables.v
      return broken && random() < 0.3 ? Math.floor(random() * tables.v) : token
    })
    return { tables, string }
  })

/** Probabilities of all derivations that agree with the visible tokens. */
function consistent(tables: RhmTables, string: Int32Array): { probability: number; tokens: Int32Array }[] {
  return allDerivations(tables)
    .filter(({ levels }) => levels[0]!.every((token, t) => string[t] === tables.v || string[t] === token))
    .map((derivation) => ({
      probability: Math.exp(logProbability(tables, derivation)),
      tokens: derivation.levels[0]!,
    }))
}

function total<T>(tables: RhmTables, semiring: Semiring<T>, string: Int32Array): { value: T; log: number } {
  const sweep = treeSweep(tables, semiring)
  fillLeaves(sweep.inside[0]!, semiring, string, 0, tables.v)
  return { value: sweep.up()[0]!, log: sweep.logScale[0]! }
}

describe('every semiring on a fixed tree equals enumeration (law 2)', () => {
  test('sums, counts, maxima, entropies', () => {
    fc.assert(
      fc.property(observed, ({ tables, string }) => {
        const ways = consistent(tables, string)
        const sum = ways.reduce((acc, { probability }) => acc + probability, 0)
        const best = Math.max(0, ...ways.map(({ probability }) => probability))
        expect(total(tables, BOOLEAN, string).value).toBe(
          ways.some(({ probability }) => probability > 0) ? 1 : 0,
        )
        expect(total(tables, COUNTING, string).value).toBe(BigInt(ways.length))
        expect(total(tables, REAL, string).value).toBeCloseTo(sum, 12)
        const scaled = total(tables, SCALED_REAL, string)
        expect(scaled.value * Math.exp(scaled.log)).toBeCloseTo(sum, 12)
        expect(Math.exp(total(tables, LOG, string).value)).toBeCloseTo(sum, 12)
        expect(Math.exp(total(tables, MAX, string).value)).toBeCloseTo(best, 12)
        const entropy = -ways.reduce((acc, { probability: p }) => acc + (p / sum) * Math.log(p / sum), 0)
        if (ways.length > 0)
          expect(derivationEntropy(total(tables, ENTROPY, string).value)).toBeCloseTo(entropy, 9)
      }),
      { numRuns: 150 },
    )
  })

  test('tokens to change, per level', () => {
    fc.assert(
      fc.property(observed, ({ tables, string }) => {
        const distances = editDistances(tables, { tokens: string, count: 1, length: tables.d })
        const away = allDerivations(tables).map(({ levels }) =>
          levels[0]!.reduce(
            (sum, token, t) => sum + (string[t] === tables.v || string[t] === token ? 0 : 1),
            0,
          ),
        )
        expect(distances[tables.L]![0]).toBe(Math.min(...away))
        for (let level = 1; level <= tables.L; level++)
          expect(distances[level]![0]).toBeGreaterThanOrEqual(distances[level - 1]![0]!)
      }),
      { numRuns: 100 },
    )
  })
})

describe('the posterior', () => {
  test('equals enumeration for any masks; impossible evidence is said to be so (law 3)', () => {
    fc.assert(
      fc.property(observed, ({ tables, string }) => {
        const { d, v } = tables
        const ways = consistent(tables, string)
        const sum = ways.reduce((acc, { probability }) => acc + probability, 0)
        const expected = new Float64Array(d * v)
        for (const { probability, tokens } of ways)
          tokens.forEach((token, t) => {
            expected[t * v + token]! += probability / sum
          })
        const evidence = new Float64Array(1)
        const marginals = tokenPosterior(tables).marginals(string, evidence)
        marginals.forEach((p, i) => {
          expect(p).toBeCloseTo(expected[i]!, 10)
        })
        if (sum === 0) expect(evidence[0]).toBe(Number.NEGATIVE_INFINITY)
        else expect(evidence[0]).toBeCloseTo(Math.log(sum), 9)
      }),
      { numRuns: 150 },
    )
  })

  test('of a reader who knows levels up to ℓ equals enumeration of blocks, whose symbols are independent with their own marginals', () => {
    fc.assert(
      fc.property(observed, ({ tables, string }) => {
        const { d, v, s, L } = tables
        const ways = allDerivations(tables).map((derivation) => ({
          probability: Math.exp(logProbability(tables, derivation)),
          levels: derivation.levels,
        }))
        for (let depth = 0; depth <= L; depth++) {
          const size = s ** depth
          const expected = new Float64Array(d * v)
          let evidence = 0
          for (let node = 0; node < d / size; node++) {
            const places = Array.from({ length: size }, (_, i) => node * size + i)
            // P(symbol at this node)·P(block | symbol), the latter from wherever in the language the symbol has a block.
            const [symbols, blocks] = [new Map<number, number>(), new Map<string, number>()]
            const totals = new Map<number, number>()
            const add = <Key>(to: Map<Key, number>, key: Key, p: number) =>
              to.set(key, (to.get(key) ?? 0) + p)
            for (const { probability, levels } of ways) {
              add(symbols, levels[depth]![node]!, probability)
              for (let other = 0; other < d / size; other++) {
                const symbol = levels[depth]![other]!
                add(totals, symbol, probability)
                add(blocks, `${symbol}:${levels[0]!.subarray(other * size, (other + 1) * size)}`, probability)
              }
            }
            let mass = 0
            for (const [key, p] of blocks) {
              const [name, text] = key.split(':') as [string, string]
              const tokens = text.split(',').map(Number)
              if (tokens.some((token, i) => string[places[i]!] !== v && string[places[i]!] !== token))
                continue
              const share = (symbols.get(Number(name)) ?? 0) * (p / totals.get(Number(name))!)
              mass += share
              for (const [i, token] of tokens.entries()) expected[places[i]! * v + token]! += share
            }
            for (const t of places) for (let a = 0; a < v; a++) if (mass > 0) expected[t * v + a]! /= mass
            evidence += Math.log(mass)
          }
          const found = new Float64Array(1)
          tokenPosterior(tables, depth)
            .marginals(string, found)
            .forEach((p, i) => {
              expect(p).toBeCloseTo(expected[i]!, 9)
            })
          if (evidence === Number.NEGATIVE_INFINITY) expect(found[0]).toBe(evidence)
          else expect(found[0]).toBeCloseTo(evidence, 9)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('does not underflow on 256 tokens', () => {
    const tables = compile(randomRhm({ v: 8, m: 3, s: 2, L: 8, seed: 'long' }))
    const { train } = drawCorpus(rhmSource(tables), { train: 1, test: 1, seed: 'long' })
    const string = train.tokens.slice(0, 256)
    const evidence = new Float64Array(1)
    const marginals = tokenPosterior(tables).marginals(string, evidence)
    expect(marginals.every(Number.isFinite)).toBe(true)
    expect(evidence[0]).toBeCloseTo(-stringEntropy(tables), 6)
  })

  test('samples agree with what is visible and have the posterior’s frequencies', () => {
    const tables = compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: 'posterior' }))
    const string = Int32Array.of(...enumerate(tables).strings[3]!)
    string[1] = tables.v
    string[2] = tables.v
    const expected = tokenPosterior(tables).marginals(string)
    const sampler = posteriorSampler(tables, stream('posterior', 'sample'))
    const counts = new Float64Array(expected.length)
    const draws = 4000
    for (let i = 0; i < draws; i++)
      sampler.complete(string, 0)!.levels[0]!.forEach((token, t) => {
        counts[t * tables.v + token]!++
      })
    expected.forEach((p, i) => {
      expect(Math.abs(counts[i]! / draws - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws) + 1e-9)
    })
  })

  test('the best derivation is the most probable of all', () => {
    fc.assert(
      fc.property(observed, ({ tables, string }) => {
        const ways = consistent(tables, string)
        const best = bestDerivation(tables).complete(string, 0)
        if (ways.length === 0) expect(best).toBeUndefined()
        else
          expect(Math.exp(logProbability(tables, best!))).toBeCloseTo(
            Math.max(...ways.map(({ probability }) => probability)),
            12,
          )
      }),
      { numRuns: 100 },
    )
  })
})
