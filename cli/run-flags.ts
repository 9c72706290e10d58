import { parse } from 'yaml'
import type { Argv } from 'yargs'
import { InputError } from '../common/error.js'
import { readText } from '../common/files.js'
import { withOverrides } from '../common/overrides.js'
import { parseWith } from '../common/schema.js'
import { type RunConfig, runSchema } from '../run/config.js'
import { text } from './command.js'

/** Flags of a run and the configuration field each one sets; `--set path=value` reaches every other field. */
const FLAGS = {
  grammar: ['grammar.file', 'grammar JSON file (or give --v --m --s --L)'],
  v: ['grammar.v', 'symbols per level, and tokens'],
  m: ['grammar.m', 'rules per symbol'],
  s: ['grammar.s', 'branching'],
  L: ['grammar.L', 'levels; strings have s^L tokens'],
  n: ['grammar.n', 'root symbols, default v'],
  'grammar-seed': ['grammar.seed', 'seed of the rules'],
  P: ['corpus.train', 'training strings'],
  Q: ['corpus.test', 'held-out strings (default 1024)'],
  'corpus-seed': ['corpus.seed', 'seed of the drawn strings'],
  model: ['model.kind', 'transformer (default), causal, mlp or unet'],
  process: ['process.kind', 'absorbing (default), uniform, or autoregressive'],
  layers: ['model.layers', 'blocks or hidden layers (default 2)'],
  width: ['model.width', 'features per token (default 32)'],
  heads: ['model.heads', 'attention heads (default 4)'],
  'model-seed': ['model.seed', 'seed of the initial weights'],
  loss: ['process.loss', 'of absorbing: mask-count (default), elbo or unweighted'],
  schedule: ['process.schedule.kind', 'of elbo and unweighted: linear (default), cosine or polynomial'],
  noise: ['noise.kind', 'older form: a schedule, or uniform for --process uniform'],
  lr: ['optimiser.learningRate', 'peak learning rate (default 0.004)'],
  batch: ['batch', 'strings per step (default 32), or full'],
  accumulate: ['accumulate', 'cut every batch into at least so many parts and sum their gradients'],
  steps: ['steps', 'optimiser steps (default 4000)'],
  checkpoints: ['checkpoints.count', 'checkpoints kept, log-spaced (default 24)'],
  seed: ['seed', 'seed of batches and masks'],
} as const

/** Fields that hold text, even where it looks like a number. */
const TEXT = /\b(file|seed|kind|loss)$/

/** Adds the flags of a run to a command. */
export function withRunFlags<T>(yargs: Argv<T>) {
  let flags = yargs
  for (const [name, [, describe]] of Object.entries(FLAGS))
    flags = flags.option(name, { type: 'string', describe }) as Argv<T>
  return flags
    .option('config', text('YAML or JSON file with the same fields; flags win'))
    .option('set', { type: 'string', array: true, describe: 'any other field: --set ema.decay=0.998' })
}

/** The configuration that a file and flags describe together, or undefined where neither says anything. */
export function runConfigFrom(argv: Readonly<Record<string, unknown>>): RunConfig | undefined {
  const overrides: Record<string, unknown> = {}
  for (const [name, [path]] of Object.entries(FLAGS)) {
    const text = argv[name]
    if (text === undefined) continue
    if (Array.isArray(text)) throw new InputError(`--${name}`, text, 'one value')
    overrides[path] = TEXT.test(path) ? text : scalar(text as string)
  }
  for (const pair of (argv.set as string[] | undefined) ?? []) {
    const split = pair.indexOf('=')
    if (split < 1) throw new InputError('--set', pair, 'path=value, such as ema.decay=0.998')
    overrides[pair.slice(0, split)] = scalar(pair.slice(split + 1))
  }
  const file = argv.config as string | undefined
  if (file === undefined && Object.keys(overrides).length === 0) return undefined
  return parseWith(
    runSchema,
    withOverrides(file === undefined ? {} : readConfigFile(file), overrides),
    file ?? 'config',
  )
}

function readConfigFile(path: string): unknown {
  const text = readText(path, 'config')
  try {
    return parse(text)
  } catch (error) {
    throw new InputError('config', path, `valid YAML (${(error as Error).message.split('\n')[0]})`)
  }
}

function scalar(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return text
  }
}
