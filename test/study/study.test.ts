import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunConfig } from '../../run/config.js'
import { parseStudy, readStudy, type Study } from '../../study/definition.js'
import { STUDY } from './tiny.js'

/** The cells of a study that trains networks. */
const runsOf = ({ cells }: Study) => cells.map(({ config }) => config as RunConfig)

describe('a study file', () => {
  test('expands to the cross product of its axes', () => {
    const study = parseStudy(STUDY)
    expect(study.cells.map((cell) => cell.key)).toEqual([
      'P=16+grammar-seed=1',
      'P=16+grammar-seed=2',
      'P=48+grammar-seed=1',
      'P=48+grammar-seed=2',
    ])
    expect(runsOf(study).map(({ corpus, steps }) => [corpus.train, steps])).toEqual([
      [16, 200],
      [16, 200],
      [48, 300],
      [48, 300],
    ])
  })

  test('names what sets cells apart beside P and seeds', () => {
    const axes = `axes:
  - corpus.train: [16, 48]
  - seed: ["1", "2"]
  - - { model.width: 16 }
    - { model.width: 32, batch: full }
  - - { label: plain, loss: mask-count }
    - { label: bound, loss: elbo }
`
    const labelled = parseStudy(STUDY.replace(/axes:[\s\S]*?(?=analysis)/, axes)).cells
    expect(labelled.map((cell) => cell.label)).toEqual(
      Array.from({ length: 4 }, () => ['plain', 'bound', 'plain', 'bound']).flat(),
    )
    expect(labelled[0]!.key).toBe('P=16+seed=1+model-width=16+plain')
    const unlabelled = parseStudy(
      STUDY.replace(/axes:[\s\S]*?(?=analysis)/, axes.replace(/label: \w+, /g, '')),
    ).cells
    expect(new Set(unlabelled.map((cell) => cell.label))).toEqual(
      new Set([
        'model.width=16, process.loss=mask-count, batch=32',
        'model.width=16, process.loss=elbo, batch=32',
        'model.width=32, process.loss=mask-count, batch=full',
        'model.width=32, process.loss=elbo, batch=full',
      ]),
    )
    expect(parseStudy(STUDY).cells.every((cell) => cell.label === '')).toBe(true)
  })

  test.each(readdirSync('presets'))('preset %s is valid, and its chance copies stay under 5 %%', (name) => {
    for (const { grammar, corpus } of runsOf(readStudy(join('presets', name)))) {
      if (!('m' in grammar)) continue
      const { v, m, s, L, n = v } = grammar
      expect(corpus.train / (n * m ** ((s ** L - 1) / (s - 1)))).toBeLessThan(0.05)
    }
  })
})
