import { expect, test } from 'vitest'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { measureDenoiser } from '../../analysis/record.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'

const zipf = rhmSource(
  compile(randomRhm({ v: 4, m: 3, s: 2, L: 2, seed: 'floors', weights: { kind: 'zipf', exponent: 1.5 } })),
)

test('where strings are not equally likely, a perfect generaliser loses on each set what its strings cost, not H', async () => {
  const { train, test: heldOut } = drawCorpus(zipf, { train: 20, test: 40, seed: 'floors' })
  const { losses } = await measureDenoiser(zipf, bayesDenoiser(zipf), {
    train,
    test: heldOut,
    samples: 10,
    strings: 64,
    exact: true,
  })
  // The bound of the exact posterior over all masks is −ln p, string by string: the floors are summed over no mask.
  expect(losses!.floors.train).toBeCloseTo(losses!.train.mean, 9)
  expect(losses!.floors.test).toBeCloseTo(losses!.test.mean, 9)
  expect(losses!.floors.entropy).toBeCloseTo(zipf.truth.entropy, 12)
  expect(Math.abs(losses!.floors.train! - zipf.truth.entropy)).toBeGreaterThan(0.05)
})

test('every string’s bound stands in the record, to 1e-4 nats', async () => {
  const { train, test: heldOut } = drawCorpus(zipf, { train: 20, test: 40, seed: 'floors' })
  const { losses } = await measureDenoiser(zipf, bayesDenoiser(zipf), {
    train,
    test: heldOut,
    samples: 10,
    strings: 16,
    exact: true,
  })
  const logs = zipf.truth.logProbabilities(heldOut)
  expect(losses!.test.perString).toHaveLength(16)
  losses!.test.perString.forEach((bound, i) => {
    expect(Math.abs(bound + logs[i]!)).toBeLessThan(0.51e-4)
  })
})

test('with equally likely strings all three are H', async () => {
  const even = rhmSource(compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: 'floors' })))
  const { train, test: heldOut } = drawCorpus(even, { train: 10, test: 10, seed: 'floors' })
  const { losses } = await measureDenoiser(even, bayesDenoiser(even), { train, test: heldOut, samples: 10 })
  const { entropy, train: own, test: other } = losses!.floors
  expect(own).toBeCloseTo(entropy!, 9)
  expect(other).toBeCloseTo(entropy!, 9)
})
