import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRun } from '../../run/run.js'
import { cli } from '../cli/run-cli.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'unread-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const SIZE = '--v 4 --m 2 --s 2 --L 2 --P 12 --Q 6 --layers 1 --width 8 --steps 20 --device cpu'.split(' ')

/** The only line of an error: which field, what it said. */
function refused(args: readonly string[]): string {
  const before = readdirSync(directory, { recursive: true }).sort()
  const { code, stdout, stderr } = cli(args, directory)
  expect([code, stdout]).toEqual([2, ''])
  expect(readdirSync(directory, { recursive: true }).sort()).toEqual(before)
  const lines = stderr.trim().split('\n')
  const errors = lines.filter((line) => line.startsWith('error: '))
  expect(errors).toHaveLength(1)
  expect(lines.at(-1)).toBe(errors[0])
  return errors[0]!
}

describe('a setting that nothing would read is refused before anything is written', () => {
  test.each([
    ['a loss of masks for a causal network', '--model causal --loss elbo', /process\.loss: .*elbo/],
    [
      'a masking schedule for a causal network',
      '--model causal --schedule cosine',
      /process\.schedule.*: .*cosine/,
    ],
    [
      'a schedule for the mask-count loss, in the older form',
      '--noise cosine',
      /process\.schedule: .*cosine/,
    ],
    ['a schedule for the mask-count loss', '--schedule cosine', /process\.schedule: .*cosine/],
    ['a loss of masks for uniform noise', '--process uniform --loss elbo', /process\.loss: .*elbo/],
    ['a schedule for uniform noise', '--process uniform --schedule cosine', /process\.schedule.*: .*cosine/],
    ['masks for a causal network', '--model causal --process absorbing', /process\.kind: got "absorbing"/],
    [
      'uniform noise for a causal network',
      '--model causal --process uniform',
      /process\.kind: got "uniform"/,
    ],
    [
      'the next token for a network that sees it',
      '--process autoregressive',
      /process\.kind: got "autoregressive"/,
    ],
  ])('by train: %s', (_, flags, message) => {
    expect(refused(['train', 'new', ...SIZE, ...flags.split(' ')])).toMatch(message)
  })

  test.each([
    [
      'another sampler for uniform noise',
      'process: { kind: uniform }',
      'sampler: { kind: ancestral }',
      /analysis\.sampler.*: got "ancestral"/,
    ],
    [
      'an exact bound for uniform noise',
      'process: { kind: uniform }',
      'exact: true',
      /analysis\.exact: got true/,
    ],
    [
      'a temperature for uniform noise',
      'process: { kind: uniform }',
      'sampler: { kind: random-order, temperature: 0.5 }',
      /analysis\.sampler\.temperature: got 0\.5/,
    ],
    [
      'another sampler for a causal network',
      'model: { kind: causal }',
      'sampler: { kind: ancestral }',
      /analysis\.sampler.*: got "ancestral"/,
    ],
  ])('by a study: %s', (_, base, analysis, message) => {
    const grammar = '{ v: 4, m: 2, s: 2, L: 2 }'
    writeFileSync(
      join(directory, 'study.yaml'),
      `name: s\nbase: { grammar: ${grammar}, corpus: { train: 8, test: 6 }, steps: 3, ${base} }\nanalysis: { ${analysis} }\n`,
    )
    for (const command of ['run', 'plan']) expect(refused(['study', command, 'study.yaml'])).toMatch(message)
  })

  test('by analyse and sample, of a run with uniform noise', () => {
    expect(
      cli(['train', 'uniform', ...SIZE, '--process', 'uniform', '--set', 'process.steps=5'], directory).code,
    ).toBe(0)
    expect(refused(['analyse', 'uniform', '--exact'])).toMatch(/exact: got true/)
    expect(refused(['sample', 'uniform', '--temperature', '0.5'])).toMatch(/temperature: got .*0\.5/)
  })
})

/** config.json as the version before this one wrote it, with what differs between kinds. */
const older = (kind: string, noise: string, loss = 'mask-count') => `{
  "grammar": {
    "v": 4,
    "m": 2,
    "s": 2,
    "L": 2,
    "sameRules": false,
    "seed": "0"
  },
  "corpus": {
    "train": 12,
    "test": 6,
    "seed": "0",
    "replacement": false,
    "duplicates": 1
  },
  "model": {
    "kind": "${kind}",
    "layers": 1,
    "width": 8,
    "heads": 4,
    "mlpRatio": 4,
    "seed": "0"
  },
  "noise": ${noise},
  "loss": "${loss}",
  "optimiser": {
    "learningRate": 0.004,
    "schedule": "constant",
    "warmup": 50,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-8,
    "weightDecay": 0,
    "clipNorm": 1
  },
  "ema": false,
  "batch": 32,
  "accumulate": 1,
  "steps": 20,
  "checkpoints": {
    "count": 2,
    "first": 20
  },
  "seed": "0"
}
`

/** grammar.json of the same directories. */
const GRAMMAR =
  '{"kind": "rhm", "v": 4, "m": 2, "s": 2, "L": 2, "n": 4, "levels": [{"level": 2, "rules": [[[0, 1], [3, 0]], [[1, 1], [3, 3]], [[2, 3], [2, 2]], [[0, 0], [2, 0]]]}, {"level": 1, "rules": [[[0, 3], [2, 0]], [[0, 2], [0, 0]], [[1, 2], [3, 0]], [[0, 1], [3, 3]]]}], "seed": "0"}\n'

const UNIFORM = '{ "kind": "uniform", "steps": 5, "first": 0.001, "last": 0.1 }'

describe('a run directory of the previous version', () => {
  test.each([
    ['masks', older('transformer', '{ "kind": "linear" }'), { kind: 'absorbing', loss: 'mask-count' }, []],
    [
      'a causal network',
      older('causal', '{ "kind": "linear" }'),
      { kind: 'autoregressive' },
      ['--model', 'causal'],
    ],
    [
      'uniform noise',
      older('transformer', UNIFORM),
      { kind: 'uniform', steps: 5, first: 0.001, last: 0.1 },
      ['--process', 'uniform', '--set', 'process.steps=5'],
    ],
    [
      'a schedule',
      older('mlp', '{ "kind": "cosine" }', 'elbo').replace(/ *"(heads|mlpRatio)": 4,\n/g, ''),
      { kind: 'absorbing', loss: 'elbo', schedule: { kind: 'cosine' } },
      ['--model', 'mlp', '--loss', 'elbo', '--schedule', 'cosine'],
    ],
  ])(
    'with %s opens, trains to the bits of a new one, and is analysed',
    async (name, config, process, flags) => {
      const path = join(directory, `older ${name}`)
      mkdirSync(path)
      writeFileSync(join(path, 'config.json'), config)
      writeFileSync(join(path, 'grammar.json'), GRAMMAR)
      const run = openRun(path)
      expect(run.config.process).toEqual(process)
      expect(await run.train({ device: 'cpu' })).toEqual({ kind: 'finished', step: 20 })
      const records = await run.analyse({ samples: 20, strings: 6 }, { device: 'cpu' })
      expect(records.map(({ step, losses }) => [step, losses!.test.mean > 3])).toEqual([
        [0, true],
        [20, true],
      ])
      const twin = `new ${name}`
      const made = cli(['train', twin, ...SIZE, '--checkpoints', '2', ...flags], directory)
      expect(made.stderr).not.toMatch(/error/)
      // The header hashes the configuration as it is written, so only what follows it is one.
      const weights = (run: string) => {
        const bytes = readFileSync(join(directory, run, 'checkpoints/step-00000020.safetensors'))
        return bytes.subarray(8 + Number(bytes.readBigUInt64LE()))
      }
      expect(weights(`older ${name}`)).toEqual(weights(twin))
      // The same flags, as they are written now, continue it.
      expect(cli(['train', `older ${name}`, ...SIZE, '--checkpoints', '2', ...flags], directory).code).toBe(0)
    },
  )
})
