import { describe, expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { type Baseline, compareWithBaseline, mismatches } from '../../run/baseline.js'
import { plantedMetrics } from '../reference/planted.js'

const conditions = { grammar: 'a', P: 64, corpus: 'b', samples: 300, masks: '0' }
const of = (nelbo: number, own: Baseline['conditions'] = conditions): Baseline => ({
  format: 'pcfg-diffusion baseline',
  version: 2,
  conditions: own,
  metrics: { ...plantedMetrics({ good: 0.9, copies: 0.1, nelbo }, 300, stream('baseline', String(nelbo))) },
})
const moved = (compared: ReturnType<typeof compareWithBaseline>) =>
  compared.filter((one) => one.moved).map(({ name }) => name)

describe('a subject and its baseline', () => {
  test('under the same conditions are compared string by string: .3 nats are seen', () => {
    expect(mismatches(of(14), of(14.3))).toEqual([])
    expect(moved(compareWithBaseline(of(14), of(14.3)))).toEqual(['test NELBO'])
  })

  test.each([
    ['P', { ...conditions, P: 128 }, /baseline\.P.*64.*128, as of the subject, or --across/],
    ['corpus', { ...conditions, corpus: 'c' }, /baseline\.corpus.*"b".*c, as of the subject/],
    ['sampler', { ...conditions, sampler: 'x' }, /baseline\.sampler: got nothing, expected x/],
  ])('that differ in %s do not compare, but where that is asked for', (name, other, message) => {
    const [before, now] = [of(14), of(14.3, other)]
    expect(mismatches(before, now).map((mismatch) => mismatch.name)).toEqual([name])
    expect(() => compareWithBaseline(before, now)).toThrow(message)
    // Other strings are not paired with these: between them .3 nats are lost.
    expect(moved(compareWithBaseline(before, now, { across: true }))).toEqual([])
  })

  test('that share no metric do not compare at all', () => {
    expect(() => compareWithBaseline(of(14), { ...of(14), metrics: {} })).toThrow(/baseline\.metrics/)
  })
})
