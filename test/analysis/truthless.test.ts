import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MEASURE_NAMES, type Measurements, type MeasureName } from '../../analysis/measures/table.js'
import { memoriser } from '../../analysis/oracles/memoriser.js'
import { columnsOf, measureDenoiser, measureSamples } from '../../analysis/record.js'
import { metricsOf } from '../../analysis/regression/metrics.js'
import { type RunSummary, summarise } from '../../analysis/run-summary.js'
import { ownVerdicts } from '../../analysis/stopping/rules.js'
import { stream, uniformInteger } from '../../common/random.js'
import { stringSet } from '../../common/strings.js'
import { type CorpusBlock, drawCorpus, type Source } from '../../corpus/source.js'
import type { CorpusSpec, Split } from '../../corpus/spec.js'
import { writePage } from '../../report/page/page.js'
import { TABLES } from '../../report/tables.js'
import { record } from './records.js'

const LENGTH = 6
const VOCABULARY = 5

/** Distinct random strings: there is nothing to know about them. */
const toy: Source = {
  description: 'Random strings of 6 tokens',
  length: LENGTH,
  vocabulary: VOCABULARY,
  text: (token) => 'abcde'[token]!,
  *stream(spec) {
    const seen = new Set<string>()
    for (const split of ['train', 'test'] as const) yield block(spec, split, seen)
  },
  truth: {},
  file: { kind: 'toy' },
  columns: {},
}

function block(spec: CorpusSpec, split: Split, seen: Set<string>): CorpusBlock {
  const random = stream(spec.seed, split)
  const drawn: number[] = []
  while (drawn.length < LENGTH * spec[split]) {
    const string = Array.from({ length: LENGTH }, () => uniformInteger(random, VOCABULARY))
    if (seen.has(string.join())) continue
    seen.add(string.join())
    drawn.push(...string)
  }
  const strings = { tokens: Int32Array.from(drawn), count: spec[split], length: LENGTH }
  return { split, first: 0, strings }
}

/** What can be measured of strings that nothing is known about. */
const KNOWN: readonly MeasureName[] = ['losses', 'samples', 'copies', 'support', 'nearest']
const SIZES = [24, 48]
/** A run that learns its training strings by heart: a kernel that narrows from checkpoint to checkpoint. */
const RATES = [0.79, 0.4, 0.2, 0.05, 0.01]
const STEPS = [0, 10, 100, 1000, 2000]

const corpora = new Map(SIZES.map((P) => [P, drawCorpus(toy, { train: P, test: 40, seed: 'toy' })]))
const runs = new Map<number, RunSummary>()
beforeAll(async () => {
  for (const [P, { train, test: heldOut }] of corpora) {
    const measured: Measurements[] = []
    for (const rate of RATES) {
      const denoiser = memoriser(train, VOCABULARY, { kind: 'substitution', rate })
      measured.push(await measureDenoiser(toy, denoiser, { train, test: heldOut, samples: 200, strings: 24 }))
    }
    const records = measured.map((values, i) =>
      record(STEPS[i]!, Object.fromEntries(MEASURE_NAMES.map((name) => [name, values[name]]))),
    )
    runs.set(
      P,
      summarise({
        key: `P=${P}`,
        label: '',
        grammar: 'toy',
        P,
        batch: 8,
        parameters: 1,
        source: toy,
        records,
        phenomena: {},
      }),
    )
  }
})
const summaries = () => SIZES.map((P) => runs.get(P)!)

describe('of a source of which nothing is known exactly (law 18)', () => {
  test('the corpus is drawn as ever: distinct strings, test strings apart', () => {
    const { train, test: heldOut } = corpora.get(48)!
    expect(stringSet(train).size).toBe(48)
    for (let i = 0; i < heldOut.count; i++)
      expect(stringSet(train).find(heldOut.tokens, i * LENGTH)).toBeLessThan(0)
  })

  test('a denoiser has every measure that needs no truth, and no other', () => {
    for (const { records } of summaries())
      for (const values of records) {
        expect(MEASURE_NAMES.filter((name) => values[name] !== undefined)).toEqual(KNOWN)
        expect(Object.keys(values.copies!)).toEqual(['rate', 'interval', 'samples'])
        expect(Object.keys(values.losses!.floors)).toEqual(['memoriser'])
        expect(JSON.stringify(values)).not.toMatch(/undefined|NaN/)
      }
    // The numbers are those of a memoriser: copies come, and the training loss nears ln P.
    const [first, last] = [summaries()[0]!.records[0]!, summaries()[0]!.records.at(-1)!]
    expect(first.copies!.rate).toBeLessThan(0.05)
    expect(last.copies!.rate).toBeGreaterThan(0.9)
    expect(last.losses!.train.mean).toBeLessThan(1.2 * Math.log(24))
  })

  test('samples from anywhere have theirs', async () => {
    const { train } = corpora.get(24)!
    expect(Object.keys(await measureSamples(toy, train))).toEqual(['samples'])
    const measured = await measureSamples(toy, train, { train })
    expect(Object.keys(measured)).toEqual(['samples', 'copies'])
    expect(measured.copies!.rate).toBe(1)
  })

  test('tables have no column, checks no metric and runs no clock or rule that needs truth', () => {
    const [run] = summaries()
    expect(columnsOf(run!.records[0]!).map(({ name }) => name)).toEqual([
      'train NELBO',
      'test NELBO',
      'bound',
      'distinct share',
      'copies',
      'overlap',
      'nearest divergence',
    ])
    expect(Object.keys(metricsOf(run!.records[0]!))).toEqual(['train NELBO', 'test NELBO', 'copies'])
    expect(run!.clocks.map(({ clock }) => clock.kind)).toEqual(['test-minimum', 'jensen-bound'])
    expect(ownVerdicts(run!.records).map(({ rule }) => rule)).toEqual(['test-minimum', 'bound', 'nearest'])
    const table = {
      study: 's',
      summary: run!,
      config: {} as never,
      training: () => [],
      corpus: () => corpora.get(24)!,
    }
    expect(TABLES.levels!(table)).toEqual([])
    expect(TABLES.results!(table).map(({ clock }) => clock)).toEqual(['τ_test', 'τ_bound'])
    for (const row of TABLES.checkpoints!(table))
      expect(Object.keys(row)).toEqual([
        'step',
        'train_nelbo',
        'test_nelbo',
        'bound',
        'distinct_share',
        'copies',
        'overlap',
        'nearest_divergence',
      ])
  })
})

describe.each([
  ['one size', [24], ['B-losses', 'E-gap', 'F-nearest']],
  ['two sizes', [24, 48], ['B-losses', 'C-scaling', 'E-gap', 'F-nearest']],
])('the page of runs of %s on such a source', (_, sizes, figures) => {
  let directory: string
  let page: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'truthless-'))
    const path = await writePage(directory, {
      title: 'Toy',
      description: 'Strings without a grammar',
      runs: sizes.map((P) => runs.get(P)!),
      train: new Map(sizes.map((P) => [`P=${P}`, () => corpora.get(P)!.train])),
      missing: [],
    })
    page = readFileSync(path, 'utf8')
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  const texts = (tag: string) =>
    [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag.split(' ')[0]}>`, 'g'))].map(([, text]) =>
      text!.replace(/<.*?>/g, ''),
    )

  test('has the figures of losses, distances and gaps, and none of what is not known', () => {
    const drawn = readdirSync(join(directory, 'figures')).filter((name) => name.endsWith('.svg'))
    expect(drawn.map((name) => name.replace('.svg', '')).sort()).toEqual(figures)
    expect(texts('h2').filter((title) => /depth|level|oracle|grammar|copy|phase/i.test(title))).toEqual([])
  })

  test('has no column of what is not known, and the others', () => {
    const columns = texts('th')
    expect(columns).toEqual(
      expect.arrayContaining(['run', 'P', 'τtest', 'τbound', 'copies', 'Ω', 'train NELBO', 'bound M']),
    )
    expect(
      columns.filter((name) =>
        /ρ|memorised|novel|valid|edits|chance|oracle|^level|floor|τ\d|τcopy|P\*/.test(name),
      ),
    ).toEqual([])
  })

  test('explains nothing that it does not show', () => {
    expect(texts('p class="lead"').join('\n')).not.toMatch(/Edits|P\*|entropy|regime/)
    expect(readFileSync(join(directory, 'figures/B-losses.vl.json'), 'utf8')).not.toMatch(
      /entropy|H:|two floors/,
    )
  })

  test('says neither undefined nor NaN, on the page or in a figure', () => {
    expect(page).not.toMatch(/undefined|NaN|null/)
    expect(page).not.toMatch(/H = |H<\/|entropy H/)
    for (const name of readdirSync(join(directory, 'figures')).filter((file) => file.endsWith('.vl.json')))
      expect(readFileSync(join(directory, 'figures', name), 'utf8')).not.toMatch(/undefined|NaN/)
  })
})
