import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readJson, readJsonLines, writeJson } from '../../common/files.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { checkpointSteps, type RunConfigInput } from '../../run/config.js'
import { readStatus } from '../../run/directory.js'
import { createRun, openRun, type Run } from '../../run/run.js'
import { loadCheckpoint } from '../../train/checkpoint.js'
import { nodeRuntime } from '../../train/runtime/node.js'
import { createStepper, type TrainRecord } from '../../train/stepper.js'
import { startState } from '../../train/training.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'run-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const run = (name: string, extra: Partial<RunConfigInput> = {}) =>
  createRun(join(directory, name), {
    grammar: { v: 4, m: 2, s: 2, L: 3 },
    corpus: { train: 40, test: 10 },
    model: { layers: 1, width: 8, heads: 2 },
    batch: 8,
    steps: 120,
    checkpoints: { count: 5, first: 10 },
    ...extra,
  })

/** Every byte of a run's checkpoints and metrics. */
function contents(path: string): Record<string, string> {
  const files = readdirSync(join(path, 'checkpoints')).map((name) => join('checkpoints', name))
  return Object.fromEntries(
    [...files, 'metrics.jsonl'].map((name) => [name, readFileSync(join(path, name)).toString('base64')]),
  )
}

describe('a run', () => {
  test.each([{}, { ema: { decay: 0.99 } }])(
    'killed and continued makes the same bits as one left alone (law 11) %j',
    async (extra) => {
      await run('whole', extra).train({ device: 'cpu' })

      const interrupted = run('parts', extra)
      for (let call = 0; ; call++) {
        const controller = new AbortController()
        let calls = 0
        const outcome = await interrupted.train({
          device: 'cpu',
          signal: controller.signal,
          onProgress: () => {
            if (++calls > call) controller.abort()
          },
        })
        if (outcome.kind === 'finished') break
        expect(call).toBeLessThan(50)
      }
      expect(contents(join(directory, 'parts'))).toEqual(contents(join(directory, 'whole')))
      expect(readStatus(join(directory, 'parts'))!.state).toBe('trained')
    },
  )

  test('whose last checkpoint was only half written makes it again', async () => {
    const r = run('a')
    await r.train({ device: 'cpu' })
    const before = contents(r.directory)
    const [last] = r.steps().slice(-1)
    const name = `step-${String(last).padStart(8, '0')}`
    unlinkSync(join(r.checkpoints, `${name}.json`))
    truncateSync(join(r.checkpoints, `${name}.safetensors`), 100)
    await openRun(r.directory).train({ device: 'cpu' })
    expect(contents(r.directory)).toEqual(before)
  })

  test('keeps the planned checkpoints, each with its manifest, and no temporary files', async () => {
    const r = run('a')
    await r.train({ device: 'cpu' })
    expect(r.steps()).toEqual(checkpointSteps(r.config))
    const names = readdirSync(r.checkpoints)
    expect(names.every((name) => /^step-\d{8}\.(safetensors|json)$/.test(name))).toBe(true)
    const manifest = JSON.parse(
      readFileSync(join(r.checkpoints, names.find((name) => name === 'step-00000120.json')!), 'utf8'),
    )
    expect(manifest).toMatchObject({ step: 120, parent: expect.stringMatching(/^step-/), ...r.provenance() })
    expect(manifest.tensors['parameters/token.weight']).toEqual([5, 8])
  })

  test('learns: its loss falls', async () => {
    const r = run('a', { steps: 400, optimiser: { learningRate: 0.01 } })
    await r.train({ device: 'cpu' })
    const losses = (readJsonLines(join(r.directory, 'metrics.jsonl')) as TrainRecord[]).map(
      (record) => record.loss,
    )
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length
    expect(mean(losses.slice(-4))).toBeLessThan(0.85 * mean(losses.slice(0, 2)))
  })

  test('whose numbers stop being finite ends with the step named and its checkpoints whole', async () => {
    const r = run('a', { optimiser: { learningRate: 1e30, warmup: 0, clipNorm: 0 } })
    await expect(r.train({ device: 'cpu' })).rejects.toThrow(
      /^step \d+: the (loss|gradient norm) is not finite; after step \d+ so is tensor parameters\/token.weight/,
    )
    expect(readStatus(r.directory)!.state).toBe('failed')
    expect(() => loadCheckpoint(r.checkpoints, r.layout, 0)).not.toThrow()
  })
})

describe('the bits of a run', () => {
  test('do not depend on how many steps one call takes', async () => {
    const { training } = run('k')
    const stateAfter = async (calls: readonly number[]) => {
      const stepper = await createStepper(training, startState(training, '0'), nodeRuntime('cpu'))
      for (const count of calls) await stepper.advance(count)
      const state = await stepper.state()
      await stepper.release()
      return state
    }
    const whole = await stateAfter([24])
    expect(await stateAfter(new Array(24).fill(1))).toEqual(whole)
    expect(await stateAfter([5, 16, 3])).toEqual(whole)
  })

  test('do not depend on what runs beside it', async () => {
    await run('alone').train({ device: 'cpu' })
    await Promise.all(['x', 'y', 'z'].map((name) => run(name).train({ device: 'cpu' })))
    for (const name of ['x', 'y', 'z'])
      expect(contents(join(directory, name))).toEqual(contents(join(directory, 'alone')))
  })
})

describe('a run directory', () => {
  test('refuses another configuration and leaves everything as it was', () => {
    run('a')
    const before = readFileSync(join(directory, 'a/config.json'), 'utf8')
    expect(() => run('a', { steps: 130 })).toThrow(/^out: .* same configuration/)
    expect(readFileSync(join(directory, 'a/config.json'), 'utf8')).toBe(before)
  })

  describe('of a grammar file', () => {
    const sizes = { v: 4, m: 2, s: 2, L: 3 }
    const write = (path: string, seed: string) => writeJson(path, randomRhm({ ...sizes, seed }))
    let file: string
    beforeEach(() => {
      file = join(directory, 'g.json')
      write(file, '1')
    })
    const ofFile = (name: string) => run(name, { grammar: { file }, steps: 20 })
    /** Trains a run up to its first checkpoint beyond step 0. */
    const begin = (r: Run) => r.train({ device: 'cpu', onCheckpoint: async () => true })

    test('refuses the file once it has changed, and leaves everything as it was', async () => {
      await begin(ofFile('a'))
      const before = contents(join(directory, 'a'))
      write(file, '2')
      expect(() => ofFile('a')).toThrow(/^out: .* same configuration/)
      expect(contents(join(directory, 'a'))).toEqual(before)
      expect(readJson(join(directory, 'a/grammar.json'), 'grammar')).toEqual(
        randomRhm({ ...sizes, seed: '1' }),
      )
      write(file, '1')
      expect(await ofFile('a').train({ device: 'cpu' })).toEqual({ kind: 'finished', step: 20 })
    })

    test('opened, goes on with the grammar it began with, whatever has become of the file', async () => {
      await ofFile('whole').train({ device: 'cpu' })
      await begin(ofFile('parts'))
      write(file, '2')
      await openRun(join(directory, 'parts')).train({ device: 'cpu' })
      unlinkSync(file)
      expect(openRun(join(directory, 'parts')).source.file).toEqual(randomRhm({ ...sizes, seed: '1' }))
      expect(contents(join(directory, 'parts'))).toEqual(contents(join(directory, 'whole')))
    })

    test('neither trains nor measures on strings of another grammar than its checkpoints', async () => {
      await begin(ofFile('a'))
      const before = contents(join(directory, 'a'))
      write(join(directory, 'a/grammar.json'), '2')
      const other = openRun(join(directory, 'a'))
      await expect(other.train({ device: 'cpu' })).rejects.toThrow(/^run: .*when step 10 was trained/)
      await expect(other.analyse({ samples: 4, strings: 2 }, { device: 'cpu' })).rejects.toThrow(/^run: /)
      expect(contents(join(directory, 'a'))).toEqual(before)
      expect(readStatus(join(directory, 'a'))!.state).toBe('stopped')
      expect(existsSync(join(directory, 'a/analysis.jsonl'))).toBe(false)
    })
  })

  test('is not made for a configuration that cannot run', () => {
    expect(() => run('b', { corpus: { train: 10_000 } })).toThrow(/^train: got 10000/)
    expect(() => run('b', { model: { width: 9, heads: 2 } })).toThrow(
      /^model.width: got 9, expected a multiple of heads = 2/,
    )
    expect(existsSync(join(directory, 'b'))).toBe(false)
  })

  test.each([
    ['truncated', (path: string) => truncateSync(path, 200), /whole safetensors file/],
    ['cut inside a tensor', (path: string) => truncateSync(path, 5000), /is cut off/],
    ['altered', (path: string) => flipLastByte(path), /bytes with SHA-256/],
  ])('with a %s checkpoint says so', async (_, spoil, message) => {
    const r = run('a', { steps: 10 })
    await r.train({ device: 'cpu' })
    spoil(join(r.checkpoints, 'step-00000010.safetensors'))
    expect(() => loadCheckpoint(r.checkpoints, r.layout, 10)).toThrow(message)
    expect(() => loadCheckpoint(r.checkpoints, r.layout, 11)).toThrow(
      /^step: got 11, expected one of the steps kept: 0, 10/,
    )
  })
})

function flipLastByte(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(path, bytes)
}

test('checkpoints are kept at step 0, then log-spaced to the end', () => {
  const steps = checkpointSteps({ steps: 1000, checkpoints: { count: 4, first: 1 } })
  expect(steps).toEqual([0, 1, 10, 100, 1000])
})
