import { describe, expect, test } from 'vitest'
import { nearerEvidence } from '../../analysis/stopping/nearer.js'
import { nearestDivergence } from '../../analysis/stopping/rules.js'
import { copies, record } from './records.js'

describe('evidence that samples are nearer than held-out strings', () => {
  /** ln of what checkpoint i may spend: 5 % in all, half of it over the first 24. */
  const spent = (i: number) => Math.log((0.05 * (i + 1)) / (i + 25) - (0.05 * i) / (i + 24))

  test.each([
    // 100·(.5 + 1.5)-weighted squares about .75: 37.5. A fifth of the samples may be copies by chance.
    [[0.5, 0.5], [0, 1], 0.2, 29 / Math.sqrt((200 * 37.5) / 199)],
    // Squares about .5: 50, a distance of 1 each.
    [[1, 0], [0, 1], 0, 99 / Math.sqrt((200 * 50) / 199)],
    // Distances 0 and 2, about .75: 100·(1.25·.5625 + .75·1.5625).
    [[0.75, 0, 0.25], [0.5, 0, 0.5], 0, 49 / Math.sqrt((200 * 187.5) / 199)],
  ] as const)(
    'is ln of the error to spend over the normal tail: %j against %j',
    (sampled, heldOut, c0, z) => {
      const nearest = { strings: 100, sampled: [...sampled], heldOut: [...heldOut] } as never
      for (const [index, tail, at] of [
        // 1 − Φ of a table.
        [0, 2.866515718791939e-7, 5],
        [7, 1.349898031630095e-3, 3],
      ] as const)
        expect(nearerEvidence(nearest, c0, index, at - z)).toBeCloseTo(spent(index) - Math.log(tail), 2.7)
      // Samples that are farther away than held-out strings all say the same.
      expect(nearerEvidence(nearest, c0, 3, -100)).toBeCloseTo(spent(3) + Math.log(Math.PI) / 2, 12)
    },
  )

  test('accuses a memoriser at once, unless so many copies are expected by chance', () => {
    const memoriser = (expected?: number) => {
      const nearest = { strings: 100, sampled: [1, 0], heldOut: [0, 1] } as never
      const chance = expected === undefined ? {} : { copies: { ...copies(1), expected } }
      return nearestDivergence([10, 20].map((step) => record(step, { nearest, ...chance })))
    }
    const at = { kind: 'reached', step: 10 }
    expect(memoriser()).toMatchObject({ rule: 'nearest', at, keep: 10 })
    expect(memoriser(0)).toMatchObject({ at })
    expect(memoriser(1)).toMatchObject({ at: { kind: 'censored', after: 20 }, keep: 20 })
  })

  test('of strings that are all as near is none', () => {
    const nearest = { strings: 40, sampled: [0, 1], heldOut: [0, 1] } as never
    expect(nearerEvidence(nearest, 0, 0, 0)).toBeCloseTo(spent(0) + Math.log(Math.PI) / 2, 12)
  })
})
