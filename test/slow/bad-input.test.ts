import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { cli } from '../cli/run-cli.js'

/** A run that takes no time. */
const SMALL = '--v 4 --m 2 --s 2 --L 2 --P 8 --Q 4 --steps 4 --layers 1 --width 8'.split(' ')

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'))
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
  write('g.json', JSON.stringify(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: '0' })))
  write('broken.json', '{"kind":"rhm",')
  write('short.jsonl', '{"tokens":[0,1,2]}\n')
  write('range.jsonl', '{"tokens":[0,1,2,3]}\n{"tokens":[0,1,2,4]}\n')
  write('words.txt', 'the cat sat down\n')
  write('empty.jsonl', '')
  write('bad.yaml', 'grammar: { v: 4, m: 2, s: 2, L: 2 }\ncorpus: { train: 8 }\nstpes: 10\n')
  write('empty.yaml', 'grammar: { v: 4, m: 2, s: 2, L: 2 }\ncorpus: { train: 8 }\nmodel:\n')
  write('word.yaml', 'grammar: { v: 4, m: 2, s: 2, L: 2 }\ncorpus: { train: 8 }\nmodel: mlp\n')
  write('study.yaml', 'name: x\nbase:\n  grammar: {v: 4\n')
  write(
    'axes.yaml',
    'name: x\nbase: { grammar: { v: 4, m: 2, s: 2, L: 2 }, corpus: { train: 8, test: 2 } }\naxes:\n  - batch: [8, many]\n',
  )
  write('bad.pcfg', "S -> 'a' [0.5] 'b'\n")
  expect(cli(['train', 'run', ...SMALL], directory).code).toBe(0)
  mkdirSync(join(directory, 'taken'))
  mkdirSync(join(directory, 'not-a-run'))
})
afterAll(() => {
  chmodSync(directory, 0o755)
  rmSync(directory, { recursive: true })
})

const sizes = ['--v', '4', '--m', '2', '--s', '2', '--L', '2']

const cases: [string, string[], RegExp][] = [
  ['no command', [], /^error: name a command/],
  ['an unknown command', ['tarin'], /^error: .*Did you mean train/],
  ['an unknown flag', ['grammar', 'show', 'g.json', '--colour'], /^error: Unknown argument: colour/],
  [
    'a missing grammar file',
    ['grammar', 'show', 'none.json'],
    /^error: grammar: got "none.json", expected a readable file/,
  ],
  [
    'malformed JSON',
    ['grammar', 'show', 'broken.json'],
    /^error: grammar: got "broken.json", expected valid JSON/,
  ],
  [
    'm above v^(s−1)',
    ['grammar', 'new', '--v', '4', '--m', '5', '--s', '2', '--L', '2'],
    /^error: m: got 5, expected m ≤ v\^\(s−1\) = 4/,
  ],
  [
    'a size that is no number',
    ['grammar', 'new', '--v', 'abc', '--m', '2', '--s', '2', '--L', '2'],
    /^error: --v: got "abc", expected an integer/,
  ],
  ['a missing flag', ['grammar', 'new', '--v', '4'], /^error: Missing required arguments: m, s, L/],
  [
    'more strings than there are',
    ['corpus', '--grammar', 'g.json', '--train', '30', '--test', '3', '--out', 'c'],
    /^error: train: got 30, expected P \+ Q of at most \|X\| = 32/,
  ],
  [
    'a folder that exists',
    ['corpus', '--grammar', 'g.json', '--train', '3', '--test', '3', '--out', 'taken'],
    /^error: out: got "taken", expected a folder that does not exist yet/,
  ],
  [
    'an unknown format',
    ['corpus', '--grammar', 'g.json', '--train', '3', '--out', 'c', '--format', 'xml'],
    /^error: .*format.*xml/i,
  ],
  [
    'strings of the wrong length',
    ['analyse', '--grammar', 'g.json', '--samples', 'short.jsonl'],
    /^error: samples short.jsonl:1: got 3, expected 4 tokens/,
  ],
  [
    'tokens out of range',
    ['analyse', '--grammar', 'g.json', '--samples', 'range.jsonl'],
    /^error: samples range.jsonl:2: got 4, expected tokens from 0 to 3/,
  ],
  [
    'words for tokens',
    ['analyse', '--grammar', 'g.json', '--samples', 'words.txt'],
    /^error: samples words.txt:1: .* expected tokens from 0 to 3/,
  ],
  [
    'no strings',
    ['analyse', '--grammar', 'g.json', '--samples', 'empty.jsonl'],
    /^error: samples: .* at least one string/,
  ],
  [
    'samples without a grammar',
    ['analyse', '--samples', 'range.jsonl'],
    /^error: run: got nothing, expected a run directory, or --grammar and --samples/,
  ],
  [
    'an unknown configuration field',
    ['train', 'new', '--config', 'bad.yaml'],
    /^error: bad.yaml.stpes: got (an unknown field|"an unknown field"|10), expected /,
  ],
  [
    'a model that is empty',
    ['train', 'new', '--config', 'empty.yaml'],
    /^error: empty.yaml.model: got null, expected an object/,
  ],
  [
    'a model that is a word',
    ['train', 'new', '--config', 'word.yaml'],
    /^error: word.yaml.model: got "mlp", expected an object/,
  ],
  [
    'a missing configuration',
    ['train', 'new', '--config', 'none.yaml'],
    /^error: config: got "none.yaml", expected a readable file/,
  ],
  [
    'steps that are no number',
    ['train', 'new', ...sizes, '--P', '8', '--steps', 'many'],
    /^error: config.steps: got "many", expected a number/,
  ],
  [
    'a negative learning rate',
    ['train', 'new', ...sizes, '--P', '8', '--Q', '2', '--lr', '-1'],
    /^error: config.optimiser.learningRate: got -1, expected more than 0/,
  ],
  [
    'a width the heads do not divide',
    ['train', 'new', ...sizes, '--P', '8', '--Q', '2', '--width', '10'],
    /^error: model.width: got 10, expected a multiple of heads = 4/,
  ],
  [
    'neither a run nor a configuration',
    ['train', 'none'],
    /^error: run: got "none", expected an existing run/,
  ],
  [
    'a directory that is no run',
    ['sample', 'not-a-run'],
    /^error: run: got "not-a-run", expected a run directory/,
  ],
  [
    'a step that was not kept',
    ['sample', 'run', '--step', '3'],
    /^error: step: got 3, expected one of the steps kept: 0, 4/,
  ],
  [
    'another run in the same place',
    ['train', 'run', ...sizes, '--P', '9', '--Q', '4'],
    /^error: out: got "run", expected a new directory/,
  ],
  ['YAML that does not parse', ['study', 'plan', 'study.yaml'], /^error: study.yaml:\d+:\d+: /],
  [
    'a cell that does not fit the schema',
    ['study', 'plan', 'axes.yaml'],
    /^error: axes.yaml: base.batch: got "many", expected a number/,
  ],
  ['a PCFG with a slip', ['grammar', 'sample', 'bad.pcfg'], /^error: bad.pcfg:1:16: /],
  [
    'a companion of a rule that does not read it',
    'train new --v 4 --m 2 --s 2 --L 2 --P 8 --early-stop bound --half run'.split(' '),
    /^error: --half: got "run", expected the rule that reads it, not bound/,
  ],
  [
    'a rule without its companion',
    'train new --v 4 --m 2 --s 2 --L 2 --P 8 --early-stop pilot'.split(' '),
    /^error: --early-stop: got "pilot", expected --pilot RUN with it/,
  ],
  [
    'a device for what is not computed',
    ['stop', 'run', '--device', 'cpu'],
    /^error: --device: got "cpu", expected --half RUN with it/,
  ],
  [
    'a device that is not there',
    ['train', 'new', ...sizes, '--P', '8', '--Q', '2', '--steps', '4', '--device', 'cuda'],
    /^error: device: got "cuda", expected CUDA and its provider: ONNXRUNTIME_NODE_INSTALL=cuda12/,
  ],
]

describe('bad input exits 2 with one clear line and changes nothing on disk', () => {
  test.each(cases)('%s', (_, args, message) => {
    const before = readdirSync(directory).sort()
    const { code, stdout, stderr } = cli(args, directory)
    const lines = stderr.split('\n').filter((line) => line.startsWith('error:'))
    expect(lines.length).toBe(1)
    expect(lines[0]).toMatch(message)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(readdirSync(directory).sort()).toEqual(before)
  })

  test('a truncated checkpoint', () => {
    expect(cli(['train', 'cut', ...SMALL], directory).code).toBe(0)
    truncateSync(join(directory, 'cut/checkpoints/step-00000004.safetensors'), 300)
    const { code, stderr } = cli(['sample', 'cut'], directory)
    expect(stderr).toMatch(
      /^error: checkpoint: got "cut\/checkpoints\/step-00000004.safetensors", expected a whole safetensors file/m,
    )
    expect(code).toBe(2)
  })

  test('a place that cannot be written', () => {
    // A file where a folder should be is refused even to root.
    for (const args of [
      ['grammar', 'new', ...sizes, '--out', 'g.json/below/g.json'],
      ['corpus', '--grammar', 'g.json', '--train', '3', '--test', '3', '--out', 'g.json/below'],
      ['train', 'g.json/below', ...sizes, '--P', '8', '--Q', '4'],
    ]) {
      const { code, stderr } = cli(args, directory)
      expect(stderr).toMatch(
        /^error: out: got "g.json\/below.*", expected a place that can be written \(E[A-Z]+\)/m,
      )
      expect(code).toBe(2)
    }
  })
})
