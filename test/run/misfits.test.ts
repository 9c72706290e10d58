import { describe, expect, test } from 'vitest'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { measureDenoiser } from '../../analysis/record.js'
import { withOverrides } from '../../common/overrides.js'
import { tokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { network } from '../../model/network.js'
import { process } from '../../model/process.js'
import { infill } from '../../model/processes/absorbing/infill.js'
import { exactNelbo } from '../../model/processes/absorbing/nelbo.js'
import { sample } from '../../model/samplers/sampler.js'
import { figures } from '../../report/figures/table.js'
import { parseStudy } from '../../study/definition.js'
import { tokenObjective } from '../../train/objective.js'

const source = rhmSource(compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: '1' })))
const exact = bayesDenoiser(source)
const noisy: Denoiser = {
  ...exact,
  process: process({ kind: 'uniform', schedule: { kind: 'linear' } } as never),
}
const two = tokenMatrix([[0, 1, 2, 3]], 4)

describe('things that do not fit together are refused in one line', () => {
  test.each([
    ['a network that sees what it shall predict', 'transformer', 'autoregressive', /looks back only/],
    ['one that sees too little', 'causal', 'absorbing', /looks both ways/],
  ] as const)('%s', (_, kind, learned, message) => {
    const sizes = { kind, layers: 1, width: 8, heads: 2, mlpRatio: 4 }
    const objective = () =>
      tokenObjective(network(sizes, { length: 4, vocabulary: 4 }), process({ kind: learned } as never))
    expect(objective).toThrow(message)
  })

  test('masks, for a denoiser that does not fill them', async () => {
    await expect(infill(noisy, Int32Array.of(0, 4, 1, 2), '0')).rejects.toThrow(/fill masks/)
    await expect(exactNelbo(noisy, two)).rejects.toThrow(/fill masks/)
  })

  test('a number of samples that is none', async () => {
    await expect(sample(exact, { count: 2.5, seed: '0' })).rejects.toThrow(/count: got 2.5/)
  })

  test.each([
    ['strings of another length', { test: tokenMatrix([[0, 1]], 2) }, /test: .*strings of 4 tokens/],
    ['no strings', { train: tokenMatrix([], 4) }, /train: /],
    ['tokens of another language', { train: tokenMatrix([[0, 1, 2, 4]], 4) }, /train: got 4/],
  ])('%s, of a denoiser', async (_, strings, message) => {
    await expect(measureDenoiser(source, exact, { ...strings, samples: 4, strings: 1 })).rejects.toThrow(
      message,
    )
  })

  test('a denoiser of another language', async () => {
    await expect(measureDenoiser(source, { ...exact, vocabulary: 5 })).rejects.toThrow(
      /denoiser.vocabulary: got 5/,
    )
  })

  test('a sampler that the process of a denoiser does not have', async () => {
    const sampler = { kind: 'ancestral', steps: 4 } as never
    const causal: Denoiser = { ...exact, process: process({ kind: 'autoregressive' }) }
    await expect(measureDenoiser(source, causal, { sampler, samples: 4 })).rejects.toThrow(/sampler/)
  })

  test('a figure, of runs without what it shows', () => {
    expect(() => figures.validity([])).toThrow(/figures.validity: got \[\], expected runs with levels/)
  })

  test.each(['__proto__.polluted', 'constructor.name', 'a..b'])('the path %s', (path) => {
    expect(() => withOverrides({}, { [path]: 1 })).toThrow(path)
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  test.each([
    [
      'a path on two axes',
      'name: a\nbase: {}\naxes: [{steps: [1]}, {steps: [2]}]',
      /axes: got "steps".*one axis/,
    ],
    ['a name that leaves its folder', 'name: ..\nbase: {}', /letter or digit first/],
  ])('%s, in a study', (_, text, message) => {
    expect(() => parseStudy(text, 'study.yaml')).toThrow(message)
  })

  test.each([[[]], [[0]], [[3]], [[1.5]]])('skewed levels %j of two', (levels) => {
    const weights = { kind: 'zipf', exponent: 1, levels } as const
    expect(() => randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: '1', weights })).toThrow(
      /zipf levels: .*levels from 1 to L = 2/,
    )
  })
})
