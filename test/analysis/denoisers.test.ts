import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MEASURE_NAMES } from '../../analysis/measures/table.js'
import { measureDenoiser } from '../../analysis/record.js'
import { stream } from '../../common/random.js'
import { tokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { tokenPosterior } from '../../grammar/inference/posterior.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile, type RhmTables } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { type Buckets, layOut } from '../../model/parameters.js'
import { autoregressive } from '../../model/processes/autoregressive/autoregressive.js'
import { createRun, openRun, type Run } from '../../run/run.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { nodeRuntime } from '../../train/runtime/node.js'
import { decodeSafetensors } from '../../train/safetensors.js'
import { enumerate } from '../reference/enumeration.js'

/** ln p(x_t | x_<t) of a grammar, exactly: the posterior of the first hidden token once all from it on are hidden. */
function leftToRight(tables: RhmTables): Denoiser {
  const { d: T, v: V, L } = tables
  const posterior = tokenPosterior(tables, L)
  return {
    length: T,
    vocabulary: V,
    process: autoregressive(),
    preferredBatch: 32,
    async logProbabilities(strings) {
      const out = new Float64Array(strings.length * V)
      for (let t = 0; t < T; t++) {
        const prefixes = strings.map((token, at) => (at % T < t ? token : V))
        const marginals = posterior.marginals(prefixes)
        for (let row = 0; row < strings.length; row += T)
          for (let a = 0; a < V; a++) out[(row + t) * V + a] = Math.log(marginals[(row + t) * V + a]!)
      }
      return out
    },
  }
}

describe('an exact autoregressive denoiser', () => {
  const tables = compile(
    randomRhm({ v: 4, m: 2, s: 2, L: 3, seed: 'causal', weights: { kind: 'zipf', exponent: 0.7 } }),
  )
  const source = rhmSource(tables)
  const { train, test: heldOut } = drawCorpus(source, { train: 30, test: 40, seed: 'causal' })
  const denoiser = leftToRight(tables)

  test('has the loss −ln p of a string, exactly, and its parts sum to it', async () => {
    const { strings, probabilities } = enumerate(tables)
    const some = [0, 1, 17, 100, strings.length - 1]
    for (const i of some) {
      const { mean, crossEntropy } = await denoiser.process.bound(
        denoiser,
        tokenMatrix([strings[i]!], tables.d),
        'any',
      )
      expect(mean).toBeCloseTo(-Math.log(probabilities[i]!), 10)
      expect(crossEntropy).toHaveLength(tables.d)
      expect(crossEntropy.reduce((sum, value) => sum + value, 0)).toBeCloseTo(mean, 10)
    }
  })

  test('is measured as what it is: all valid, losses that are −ln p, nothing that is about masks', async () => {
    const measured = await measureDenoiser(source, denoiser, { train, test: heldOut, samples: 300 })
    for (const level of measured.levels!)
      expect([level.nodeValidity, level.stringValidity, level.conditionalValidity]).toEqual([1, 1, 1])
    expect(measured.levels).toHaveLength(3)
    expect(measured.edits).toEqual([0, 0, 0])
    const meanOf = (logs: Float64Array) => logs.reduce((sum, log) => sum - log, 0) / logs.length
    const { logProbabilities } = source.truth
    expect(measured.losses!.train.mean).toBeCloseTo(meanOf(logProbabilities(train)), 10)
    expect(measured.losses!.test.mean).toBeCloseTo(meanOf(logProbabilities(heldOut)), 10)
    const without = ['oracles', 'support']
    expect(MEASURE_NAMES.filter((name) => name in measured)).toEqual(
      MEASURE_NAMES.filter((name) => !without.includes(name)),
    )
    const { rate, expected } = measured.copies!
    expect(Math.abs(rate - expected!)).toBeLessThan(4 * Math.sqrt((expected! * (1 - expected!)) / 300))
  })

  test('loses nothing with one string per call, and depends on no seed', async () => {
    const bound = (preferredBatch: number, seed: string) =>
      denoiser.process.bound({ ...denoiser, preferredBatch }, heldOut, seed)
    expect(await bound(1, 'a')).toEqual(await bound(64, 'b'))
  })
})

describe('with a moving average of the weights', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'average-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  /** A denoiser made of one kind of tensors of a checkpoint file. */
  function fromFile({ network, process, checkpoints }: Run, step: number, kind: string) {
    const path = join(checkpoints, `step-${String(step).padStart(8, '0')}.safetensors`)
    const tensors = decodeSafetensors(readFileSync(path), 'checkpoint', path)
    const buckets: Buckets = layOut(network.parameters).buckets.map((bucket) =>
      Float32Array.from(bucket.flatMap(({ name }) => Array.from(tensors.get(`${kind}/${name}`)!.data))),
    )
    return networkDenoiser(network, process, buckets, nodeRuntime('cpu'))
  }

  test.each(['transformer', 'causal'] as const)(
    'a %s network is judged by the average at every checkpoint',
    async (kind) => {
      const run = createRun(join(directory, kind), {
        grammar: { v: 4, m: 2, s: 2, L: 2 },
        corpus: { train: 12, test: 6 },
        model: { kind, layers: 1, width: 8 },
        steps: 60,
        checkpoints: { count: 2 },
        ema: { decay: 0.99 },
      })
      await run.train({ device: 'cpu' })
      const random = stream('average', 'strings')
      const strings = Int32Array.from({ length: 40 }, () => Math.floor(5 * random()))
      for (const step of [20, 60]) {
        const own = await openRun(run.directory).denoiser(step, 'cpu')
        const [average, raw] = [await fromFile(run, step, 'average'), await fromFile(run, step, 'parameters')]
        const predicted = await own.logProbabilities(strings)
        expect(predicted).toEqual(await average.logProbabilities(strings))
        expect(predicted).not.toEqual(await raw.logProbabilities(strings))
        for (const denoiser of [own, average, raw]) await denoiser.release()
      }
      // The last checkpoint is what a denoiser is made of by default, and records are of the average too.
      const last = await run.denoiser(undefined, 'cpu')
      const average = await fromFile(run, 60, 'average')
      expect(await last.logProbabilities(strings)).toEqual(await average.logProbabilities(strings))
      const records = await run.analyse({ samples: 20, strings: 6 }, { device: 'cpu' })
      const bound = await average.process.bound(average, run.corpus().test, '0')
      expect(records.at(-1)!.losses!.test.mean).toBeCloseTo(bound.mean, 12)
      for (const denoiser of [last, average]) await denoiser.release()
    },
  )
})
