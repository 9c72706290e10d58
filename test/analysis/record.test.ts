import { describe, expect, test } from 'vitest'
import { subjectOf } from '../../analysis/measures/measure.js'
import { MEASURE_NAMES, type Measurements, TABLE } from '../../analysis/measures/table.js'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import {
  applicable,
  columnsOf,
  measureCheckpoint,
  measureDenoiser,
  measureSamples,
  measuring,
  readRecord,
  recordOf,
} from '../../analysis/record.js'
import { depthOf, headlineOf, inUnits, type RunSummary, summarise } from '../../analysis/run-summary.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { autoregressive } from '../../model/processes/autoregressive/autoregressive.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { twoStrings as source, strings, sureOf } from '../reference/by-hand.js'
import { copies, losses, record } from './records.js'

const nothing = { rate: 0, interval: [0, 1] as [number, number] }

describe('a record', () => {
  test('has its parts in the order of the table, each with the version that measured it', () => {
    const written = recordOf(7, {
      novelty: nothing,
      copies: copies(0.5),
      edits: undefined,
    } as unknown as Measurements)
    expect(Object.keys(written)).toEqual(['step', 'versions', 'copies', 'novelty'])
    expect(written).toEqual({
      step: 7,
      versions: { copies: TABLE.copies.version, novelty: TABLE.novelty.version },
      copies: copies(0.5),
      novelty: nothing,
    })
  })

  test('is read back as it was written', () => {
    const written = record(7, { copies: copies(0.5), losses: losses({ test: 3 }), novelty: nothing })
    expect(readRecord(JSON.parse(JSON.stringify(written)))).toEqual(written)
  })

  test('is read without parts of other versions, without misfits and without what nobody measures', () => {
    const written = record(7, { copies: copies(0.5), novelty: nothing, edits: [1] })
    const { versions } = written
    const read = readRecord({
      ...written,
      versions: { ...versions, copies: versions.copies! - 1 },
      edits: 'none',
      other: 1,
    })
    expect(read).toEqual(record(7, { novelty: nothing }))
    expect(readRecord({ step: 3, versions: { edits: 1 } })).toEqual(record(3, {}))
    expect(readRecord({ step: 3, versions: {}, edits: [1] })).toEqual(record(3, {}))
  })

  test.each([
    [null],
    [{ versions: {} }],
    [{ step: 1.5, versions: {} }],
    [{ step: -1, versions: {} }],
    [{ step: 1 }],
  ])('is not what %j is', (value) => {
    expect(readRecord(value)).toBeUndefined()
  })

  test('has the numbers of its parts, or of some, in the order in which they are asked for', () => {
    const values = { copies: copies(0.5), novelty: nothing, edits: [1, 2] }
    const names = (...[which]: Parameters<typeof columnsOf>[1][]) =>
      columnsOf(values, which).map(({ name }) => name)
    expect(names()).toEqual(['copies', 'copies by chance', 'memorised', 'novel valid', 'edits'])
    expect(names(['edits', 'novelty', 'nearest'])).toEqual(['edits', 'novel valid'])
  })
})

describe('measuring', () => {
  const config = { samples: 6, strings: 2, exact: false, sampler: ONE_BY_ONE, seed: 'root' }
  const train = strings('0001')
  const test_ = strings('0100')

  test('takes the measures that there is everything for, unless it is told which', async () => {
    const subject = subjectOf({ source, train, config })
    const without = ['losses', 'oracles', 'support', 'nearest']
    const names = MEASURE_NAMES.filter((name) => !without.includes(name))
    expect(applicable(subject)).toEqual(names)
    const moment = {
      samples: train,
      isCopy: Uint8Array.of(1),
      parsed: source.truth.levels.parse(train.tokens),
      seed: '',
    }
    expect(Object.keys(await (await measuring(subject))(moment))).toEqual(names)
    const some = await (await measuring(subject, ['edits', 'copies']))(moment)
    expect([Object.keys(some), some.edits]).toEqual([
      ['edits', 'copies'],
      [0, 0],
    ])
  })

  test('a checkpoint is of samples that its step and the seed draw, and knows its step', async () => {
    const subject = subjectOf({
      source,
      train,
      test: test_,
      process: MASKING,
      config: { ...config, samples: 20 },
    })
    const at = async (step: number, seed = 'root') => {
      const own = { ...subject, config: { ...subject.config, seed } }
      return measureCheckpoint(bayesDenoiser(source), own, await measuring(own, ['samples', 'support']), step)
    }
    const [first, again, later, other] = [await at(3), await at(3), await at(4), await at(3, 'other')]
    expect([first.step, first.samples!.count, later.step]).toEqual([3, 20, 4])
    expect(first).toEqual(again)
    expect([later.samples, other.samples]).not.toContainEqual(first.samples)
    expect(Object.keys(first.versions)).toEqual(['samples', 'support'])
  })

  test('a checkpoint is sampled as its configuration says', async () => {
    const denoiser = sureOf('0001')
    const sampler = { kind: 'ancestral', steps: 1, grid: 'uniform', temperature: 1 } as const
    const subject = subjectOf({ source, train, process: MASKING, config: { ...config, sampler } })
    await measureCheckpoint(denoiser, subject, await measuring(subject, ['samples']), 0)
    // All six strings in one call.
    expect(denoiser.shown).toEqual(new Array(6).fill('2222'))
  })

  test('a denoiser has no step and no versions', async () => {
    const measured = await measureDenoiser(source, sureOf('0001'), { train, samples: 2 })
    expect(measured.copies).toMatchObject({ rate: 1, samples: 2 })
    expect(Object.keys(measured)).toEqual(['samples', 'copies', 'levels', 'novelty', 'rules', 'edits'])
    expect((await measureDenoiser(source, sureOf('0001'))).samples!.count).toBe(1000)
    expect((await measureSamples(source, strings('0001', '0001', '0100'))).samples!.count).toBe(3)
  })
})

describe('what cannot be of a source is named', () => {
  const train = strings('0001')

  test('a denoiser of other strings, and what its process would not read', async () => {
    const one = sureOf('0001')
    await expect(measureDenoiser(source, { ...one, length: 5 })).rejects.toThrow(
      /^denoiser\.length: got 5, expected 4/,
    )
    await expect(measureDenoiser(source, { ...one, vocabulary: 3 })).rejects.toThrow(
      /^denoiser\.vocabulary: got 3, expected 2/,
    )
    await expect(
      measureDenoiser(source, { ...one, process: autoregressive() }, { train, exact: true }),
    ).rejects.toThrow(/^exact: got true/)
  })

  test('training, test and sampled strings of other lengths', async () => {
    const long = strings('00010')
    await expect(measureDenoiser(source, sureOf('0001'), { train: long })).rejects.toThrow(
      /^train: got "5 tokens per string"/,
    )
    await expect(measureDenoiser(source, sureOf('0001'), { train, test: long })).rejects.toThrow(/^test: /)
    await expect(measureSamples(source, long)).rejects.toThrow(/^samples: /)
    await expect(measureSamples(source, train, { train: long })).rejects.toThrow(/^train: /)
    await expect(measureSamples(source, train, { test: long })).rejects.toThrow(/^test: /)
  })

  test('no strings, tokens that are no whole number of strings, and tokens beyond the vocabulary', async () => {
    const of = (count: number, ...tokens: number[]) =>
      measureSamples(source, { tokens: Int32Array.from(tokens), count, length: 4 })
    await expect(of(0)).rejects.toThrow(/^samples: got "0 tokens", expected 1 strings of 4 tokens/)
    await expect(of(2, 0, 0, 0, 1)).rejects.toThrow(
      /^samples: got "4 tokens", expected 2 strings of 4 tokens/,
    )
    await expect(of(0, 0, 0, 0, 1)).rejects.toThrow(/^samples/)
    await expect(of(1, 0, 0, 2, 1)).rejects.toThrow(/^samples: got 2, expected tokens from 0 to 1/)
    await expect(of(1, 0, 0, 0, -1)).rejects.toThrow(/^samples: got -1, expected tokens from 0 to 1/)
    await expect(of(1, 1, 1, 1, 0)).resolves.toBeDefined()
  })
})

describe('a run as tables see it', () => {
  const run = (...rho: number[]): RunSummary =>
    summarise({
      key: '',
      label: '',
      grammar: '',
      P: 8,
      batch: 4,
      parameters: 1,
      source,
      records: rho.map((memorised, i) => record(10 ** i, { copies: copies(memorised) })),
      phenomena: {},
    })

  test('has the clocks of its records, and is what it was', () => {
    const one = run(0, 1)
    expect(one.clocks.map(({ clock }) => clock)).toEqual(
      [0.1, 0.25, 0.5].map((threshold) => ({ kind: 'copies', threshold })),
    )
    expect([one.P, one.records.length]).toEqual([8, 2])
  })

  test('counts steps, samples and epochs', () => {
    expect(inUnits(6, { P: 8, batch: 4 })).toEqual({ steps: 6, samples: 24, epochs: 3 })
  })

  test('has the depth of its source, 0 where that has no levels or there is no run', () => {
    expect(depthOf([run(0)])).toBe(2)
    expect(depthOf([{ ...run(0), source: { ...source, truth: {} } }])).toBe(0)
    expect(depthOf([])).toBe(0)
  })

  test('shares its headline clocks with others, each once', () => {
    const lossy = summarise({
      ...run(0),
      records: [record(1, { losses: losses({}) }), record(2, { losses: losses({}) })],
    })
    const [copied, ...others] = headlineOf([run(0, 1), lossy, run(1, 1), lossy])
    expect(copied).toEqual({ kind: 'copies', threshold: 0.25 })
    expect(others.map(({ kind }) => kind)).toEqual(['test-minimum', 'jensen-bound'])
    expect(headlineOf([])).toEqual([])
  })
})
