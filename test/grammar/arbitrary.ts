import fc from 'fast-check'
import { type Rhm, type RuleWeights, randomRhm } from '../../grammar/rhm/rhm.js'

/** Random small grammars: every size that can be enumerated, uniform or Zipf. */
export const smallGrammar: fc.Arbitrary<Rhm> = fc
  .record({
    v: fc.integer({ min: 2, max: 5 }),
    s: fc.integer({ min: 2, max: 3 }),
    L: fc.integer({ min: 1, max: 3 }),
    m: fc.integer({ min: 1, max: 3 }),
    n: fc.integer({ min: 1, max: 4 }),
    seed: fc.string(),
    exponent: fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
  })
  .map(({ exponent, ...sizes }) => {
    const weights: RuleWeights = exponent === null ? { kind: 'uniform' } : { kind: 'zipf', exponent }
    return { ...sizes, weights }
  })
  .filter(
    ({ v, m, s, n, L }) => m <= v ** (s - 1) && n * m <= v ** s && n * m ** ((s ** L - 1) / (s - 1)) <= 4000,
  )
  .map((options) => randomRhm(options))
