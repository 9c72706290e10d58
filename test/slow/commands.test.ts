import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Measurements } from '../../analysis/measures/table.js'
import { cli, program } from '../cli/run-cli.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const flags = [
  '--v',
  '6',
  '--m',
  '2',
  '--s',
  '2',
  '--L',
  '3',
  '--P',
  '40',
  '--Q',
  '40',
  '--layers',
  '1',
  '--width',
  '16',
  '--checkpoints',
  '4',
]

describe('the command line', () => {
  test('shows help with examples for every command', () => {
    for (const command of [
      'grammar new',
      'grammar layered',
      'grammar show',
      'parse',
      'logprob',
      'posterior',
      'edit-distance',
      'oracle sample',
      'corpus',
      'train',
      'sample',
      'analyse',
      'study run',
      'study plan',
      'study status',
      'study query',
      'report',
      'stop',
      'baseline',
      'check',
      'export',
      'doctor',
    ]) {
      const { code, stdout } = cli([...command.split(' '), '--help'], directory)
      expect(code).toBe(0)
      expect(stdout).toMatch(/Examples:/)
    }
  })

  test.each([
    ['causal', [], 'samples left to right', /a network that learned to predict the next token/],
    [
      'unet',
      ['--process', 'uniform', '--set', 'process.steps=20'],
      'undoes noise step by step',
      /a network that learned to undo uniform noise/,
    ],
    ['mlp', [], undefined, undefined],
  ])('trains, samples and measures a %s network', (model, process, own, refusal) => {
    const size = '--v 4 --m 2 --s 2 --L 2 --P 12 --Q 6 --width 8 --steps 30 --checkpoints 2'.split(' ')
    expect(cli(['train', model, ...size, '--model', model, ...process], directory).code).toBe(0)
    const drawn = cli(['sample', model, '--count', '5'], directory)
    expect(drawn.stdout.trim().split('\n').length).toBe(5)
    const measured = cli(['analyse', model, '--samples', '20', '--strings', '6', '--json'], directory)
    const first = JSON.parse(measured.stdout.split('\n')[0]!) as Measurements
    expect(first.losses!.test.mean).toBeGreaterThan(4)
    expect(first.oracles === undefined).toBe(own !== undefined)
    if (own === undefined || refusal === undefined) return
    const other = cli(['sample', model, '--sampler', 'ancestral'], directory)
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining(own)])
    const exported = cli(['export', model, '--out', `${model}-hf`], directory)
    expect([exported.code, exported.stderr]).toEqual([2, expect.stringMatching(refusal)])
  })

  test('prints a completion script', () => {
    expect(cli(['completion'], directory).stdout).toContain('pcfg-diffusion completion')
  })

  test('goes from grammar to corpus to run to samples to metrics, data on stdout only', () => {
    const grammar = cli(
      ['grammar', 'new', '--v', '6', '--m', '2', '--s', '2', '--L', '3', '--out', 'g.json'],
      directory,
    )
    expect([grammar.code, grammar.stdout]).toEqual([0, ''])
    expect(JSON.parse(cli(['grammar', 'show', 'g.json', '--json'], directory).stdout)).toMatchObject({
      strings: '768',
      tokens: 8,
    })
    expect(
      cli(['corpus', '--grammar', 'g.json', '--train', '40', '--test', '40', '--out', 'c'], directory).code,
    ).toBe(0)

    const trained = cli(
      ['train', 'r', '--grammar', 'g.json', ...flags.slice(8), '--steps', '60', '--json'],
      directory,
    )
    expect(JSON.parse(trained.stdout)).toMatchObject({ run: 'r', device: 'cpu', kind: 'finished', steps: 60 })
    // The run draws the very strings that `corpus` wrote.
    const first = JSON.parse(readFileSync(join(directory, 'c/train.jsonl'), 'utf8').split('\n')[0]!)
    expect(first.tokens).toHaveLength(8)

    expect(cli(['sample', 'r', '--count', '50', '--out', 's.jsonl'], directory).code).toBe(0)
    const again = cli(['sample', 'r', '--count', '50'], directory).stdout
    expect(again).toBe(readFileSync(join(directory, 's.jsonl'), 'utf8'))

    const metrics = JSON.parse(
      cli(
        ['analyse', '--grammar', 'g.json', '--samples', 's.jsonl', '--train', 'c/train.jsonl', '--json'],
        directory,
      ).stdout,
    )
    expect(metrics).toMatchObject({
      samples: { count: 50, distinct: expect.any(Number) },
      copies: {
        rate: expect.any(Number),
        expected: expect.closeTo(40 / 768, 9),
        memorised: expect.any(Number),
      },
      novelty: { rate: expect.any(Number) },
    })
    expect(metrics.levels.map((l: { level: number }) => l.level)).toEqual([1, 2, 3])
    expect(Object.keys(metrics.levels[0])).toEqual(
      expect.arrayContaining(['nodeValidity', 'stringValidity', 'conditionalValidity', 'chance']),
    )

    const lines = cli(['analyse', 'r', '--samples', '40', '--strings', '20', '--json'], directory)
      .stdout.trim()
      .split('\n')
      .map((l) => JSON.parse(l))
    expect(lines.at(-1)).toMatchObject({
      kind: 'clocks',
      clocks: expect.arrayContaining([
        { clock: { kind: 'test-minimum' }, at: expect.objectContaining({ kind: expect.any(String) }) },
      ]),
    })
    expect(lines.slice(0, -1).map((l) => l.step)).toEqual([0, 20, 29, 42, 60])

    expect(JSON.parse(cli(['report', 'r', '--json'], directory).stdout)).toEqual({ report: 'r/report.html' })
    const page = readFileSync(join(directory, 'r/report.html'), 'utf8')
    expect(page).not.toMatch(/<(script|link|img)[^>]+(src|href)=/)
    expect(readdirSync(join(directory, 'r/figures')).sort()).toEqual(
      ['A-validity', 'B-losses', 'D-staircase', 'E-gap', 'F-nearest', 'H-anatomy'].flatMap((name) => [
        `${name}.png`,
        `${name}.svg`,
        `${name}.vl.json`,
      ]),
    )
  })

  test('a configuration file and flags say the same thing', () => {
    writeFileSync(
      join(directory, 'run.yaml'),
      'grammar: { v: 6, m: 2, s: 2, L: 3 }\ncorpus: { train: 40, test: 40 }\nmodel: { layers: 1, width: 16 }\ncheckpoints: { count: 4 }\nsteps: 99\n',
    )
    expect(
      cli(['train', 'file', '--config', 'run.yaml', '--steps', '20', '--set', 'ema.decay=0.9'], directory)
        .code,
    ).toBe(0)
    expect(cli(['train', 'flags', ...flags, '--steps', '20', '--set', 'ema.decay=0.9'], directory).code).toBe(
      0,
    )
    expect(readFileSync(join(directory, 'file/config.json'))).toEqual(
      readFileSync(join(directory, 'flags/config.json')),
    )
  })

  test('Ctrl-C leaves a run that continues to the same bits', async () => {
    const steps = ['--steps', '4000']
    const child = spawn(process.execPath, [program, 'train', 'stopped', ...flags, ...steps], {
      cwd: directory,
      stdio: 'ignore',
    })
    while (!existsSync(join(directory, 'stopped/checkpoints/step-00000117.json')))
      await new Promise((resolve) => setTimeout(resolve, 10))
    child.kill('SIGINT')
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code).toBe(130)
    expect(existsSync(join(directory, 'stopped/checkpoints/step-00004000.json'))).toBe(false)
    expect(cli(['train', 'stopped'], directory).code).toBe(0)
    expect(cli(['train', 'straight', ...flags, ...steps], directory).code).toBe(0)
    const bits = (name: string) =>
      readFileSync(join(directory, name, 'checkpoints/step-00004000.safetensors'))
    expect(bits('stopped')).toEqual(bits('straight'))
  })
})
