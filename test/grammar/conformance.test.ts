import { describe, expect, test } from 'vitest'
import { parseRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { enumerate } from '../reference/enumeration.js'
import vectors from '../vectors/conformance.json' with { type: 'json' }
import { conformance } from '../vectors/make-conformance.js'

/** Numbers equal within 1e-9, everything else equal. */
function close(actual: unknown, expected: unknown): void {
  if (typeof expected === 'number') expect(actual).toBeCloseTo(expected, 9)
  else if (Array.isArray(expected)) {
    expect((actual as unknown[]).length).toBe(expected.length)
    expected.forEach((item, i) => {
      close((actual as unknown[])[i], item)
    })
  } else if (expected !== null && typeof expected === 'object') {
    for (const [key, value] of Object.entries(expected))
      close((actual as Record<string, unknown>)[key], value)
  } else expect(actual).toBe(expected)
}

describe.each(vectors.cases)('the conformance vectors of grammar $#', (golden) => {
  const grammar = parseRhm(golden.grammar)

  test('are what this implementation answers', async () => {
    close(JSON.parse(JSON.stringify(await conformance(grammar))), golden)
  })

  test('are what listing every string of the language answers', () => {
    const tables = compile(grammar)
    const { strings, probabilities } = enumerate(tables)
    const find = (tokens: readonly number[]) => strings.findIndex((string) => string.join() === tokens.join())
    for (const { tokens, logProbability, valid, copy, edits } of golden.strings) {
      const at = find(tokens)
      expect(valid.at(-1)).toBe(at >= 0)
      if (logProbability === null) expect(at).toBe(-1)
      else expect(Math.log(probabilities[at]!)).toBeCloseTo(logProbability, 9)
      expect(copy).toBe(golden.train.some((string) => string.join() === tokens.join()))
      const away = strings.map((string) => string.filter((token, t) => token !== tokens[t]).length)
      expect(edits.at(-1)).toBe(Math.min(...away))
    }
    for (const { tokens, logEvidence, posterior, memoriser } of golden.masked) {
      const agree = (string: ArrayLike<number>) =>
        tokens.every((token, t) => token === tables.v || token === string[t])
      const ways = strings.flatMap((string, i) => (agree(string) ? [{ string, p: probabilities[i]! }] : []))
      const total = ways.reduce((sum, { p }) => sum + p, 0)
      if (total === 0) expect(logEvidence).toBe(null)
      else expect(Math.log(total)).toBeCloseTo(logEvidence!, 9)
      // Known up to ℓ: blocks of s^ℓ tokens are independent, each as often at its place as in the language.
      posterior.forEach((byPosition, depth) => {
        const size = tables.s ** depth
        tokens.forEach((_, t) => {
          const first = t - (t % size)
          const block = Array.from({ length: size }, (_, i) => first + i)
          const consistent = (string: ArrayLike<number>) =>
            block.every((at) => tokens[at] === tables.v || tokens[at] === string[at])
          const sum = (of: (string: ArrayLike<number>) => boolean) =>
            strings.reduce((total, string, i) => total + (of(string) ? probabilities[i]! : 0), 0)
          const mass = sum(consistent)
          for (let a = 0; a < tables.v; a++) {
            const share = sum((string) => consistent(string) && string[t] === a)
            expect(byPosition[t]![a]).toBeCloseTo(mass === 0 ? 0 : share / mass, 9)
          }
        })
      })
      const known = golden.train.filter(agree)
      tokens.forEach((_, t) => {
        for (let a = 0; a < tables.v; a++) {
          const share = ways.reduce((sum, { string, p }) => sum + (string[t] === a ? p : 0), 0)
          expect(posterior.at(-1)![t]![a]).toBeCloseTo(total === 0 ? 0 : share / total, 9)
          const seen = known.filter((string) => string[t] === a).length
          expect(memoriser[t]![a]).toBeCloseTo(known.length === 0 ? 0 : seen / known.length, 9)
        }
      })
    }
    for (const { tokens, exactPosterior } of golden.nelbo)
      expect(exactPosterior).toBeCloseTo(-Math.log(probabilities[find(tokens)]!), 9)
  })
})
