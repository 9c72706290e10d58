import { z } from 'zod'
import { LOOKS_BACK, networkSchema } from '../model/network.js'
import { type ProcessConfig, process, processSchema } from '../model/process.js'
import { sourceOf, sourceSchema } from './source.js'

/** The one schema behind configuration files and command-line flags. */

const seed = z.string().min(1)
const count = z.int().min(1)

const fields = z.strictObject({
  grammar: sourceSchema,
  corpus: z.strictObject({
    train: count.describe('P: training strings'),
    test: z
      .int()
      .min(1)
      .optional()
      .describe('Q: held-out strings, default 1024 or as many as the language has left'),
    seed: seed.default('0').describe('seed of the drawn strings'),
    replacement: z
      .boolean()
      .default(false)
      .describe('draw training strings independently, so that they may repeat'),
    duplicates: count.default(1).describe('how often each drawn training string stands in the corpus'),
    half: z
      .enum(['first', 'second'])
      .optional()
      .describe('keep one half of twice as many training strings: for two networks on disjoint halves'),
  }),
  model: networkSchema,
  process: processSchema.describe('how strings are corrupted, and what is learned from that'),
  optimiser: z
    .strictObject({
      learningRate: z.number().positive().default(4e-3),
      schedule: z.enum(['constant', 'cosine']).default('constant').describe('after warm-up'),
      warmup: z.int().min(0).default(50).describe('steps of linear warm-up'),
      beta1: z.number().min(0).lt(1).default(0.9),
      beta2: z.number().min(0).lt(1).default(0.999),
      epsilon: z.number().positive().default(1e-8),
      weightDecay: z.number().min(0).default(0),
      clipNorm: z.number().min(0).default(1).describe('largest gradient norm; 0 for none'),
    })
    .prefault({}),
  ema: z
    .union([z.literal(false), z.strictObject({ decay: z.number().gt(0).lt(1) })])
    .default(false)
    .describe(
      'evaluate a moving average of the weights; the decay at step t is min(decay, (1 + t)/(10 + t))',
    ),
  batch: z
    .union([count, z.literal('full')])
    .default(32)
    .describe('B: strings per step; full: as many as stand in the training corpus'),
  accumulate: count
    .default(1)
    .describe('least number of parts a batch is cut into; their gradients are summed, for less memory'),
  steps: count.default(4000).describe('optimiser steps'),
  checkpoints: z
    .strictObject({
      count: z.int().min(2).default(24).describe('log-spaced from first to steps, plus step 0'),
      first: count.default(20),
    })
    .prefault({}),
  seed: seed.default('0').describe('seed of batches and masks'),
})

type Fields = z.output<typeof fields>

/** A run's configuration: kinds may be left out, a full batch becomes its number of strings. */
export const runSchema = z.preprocess(withKinds, fields).transform((config, context) => {
  const back = LOOKS_BACK[config.model.kind]
  // A network that sees what it shall predict learns to repeat it; one that does not see it cannot use what it hides.
  if (process(config.process).lag > 0 !== back)
    context.issues.push({
      code: 'custom',
      input: config.process.kind,
      path: ['process', 'kind'],
      message: `a process for a network that looks ${back ? 'back only' : 'both ways'}, such as ${usual(back)}`,
    })
  const { train, test = usualTest(config), ...rest } = config.corpus
  return {
    ...config,
    corpus: { train, test, ...rest },
    batch: config.batch === 'full' ? train : config.batch,
  }
})

/** Q where a configuration names none: fewer than usual where the language has no more strings beside the training ones. */
function usualTest({ grammar, corpus }: Fields): number {
  const { strings } = sourceOf(grammar)
  const distinct = Math.ceil(corpus.train / corpus.duplicates) * (corpus.half ? 2 : 1)
  return strings === undefined ? USUAL_TEST : Math.max(1, Math.min(USUAL_TEST, Number(strings) - distinct))
}

const USUAL_TEST = 1024

function usual(looksBack: boolean | undefined): ProcessConfig['kind'] {
  return looksBack ? 'autoregressive' : 'absorbing'
}

/**
 * Everything that determines a run.
 *
 * @useDeclaredType
 */
export type RunConfig = Omit<Fields, 'batch' | 'corpus'> & {
  readonly batch: number
  readonly corpus: Fields['corpus'] & { readonly test: number }
}

type Partly<T, K extends keyof T> = Omit<T, K> & { readonly [Name in K]?: Partial<T[Name]> }

/**
 * The same as written by a person: defaults may be left out.
 *
 * @useDeclaredType
 */
export type RunConfigInput = Partly<z.input<typeof fields>, 'model' | 'process'>

/**
 * Fills in the kinds of network and process, and reads the older form, in which `noise` was a schedule or the uniform process and
 * `loss` stood beside it. Both forms at once are refused.
 */
function withKinds(value: unknown): unknown {
  if (!isObject(value)) return value
  const { noise, loss, ...rest } = value
  const model = withKind(rest.model, 'transformer')
  const kind = isObject(model) ? (model.kind as keyof typeof LOOKS_BACK) : 'transformer'
  const older: Record<string, unknown> = {}
  if (rest.process !== undefined && (noise !== undefined || loss !== undefined)) return value
  if (isObject(noise) && noise.kind === 'uniform') Object.assign(older, noise)
  else if (noise !== undefined) older.schedule = noise
  if (loss !== undefined) older.loss = loss
  return { ...rest, model, process: withKind(rest.process ?? older, usual(LOOKS_BACK[kind])) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withKind(value: unknown, kind: string): unknown {
  return value === undefined || isObject(value) ? { kind, ...value } : value
}

/** Steps at which checkpoints are kept: 0, then log-spaced from `first` to `steps`, all distinct. */
export function checkpointSteps(config: Pick<RunConfig, 'steps' | 'checkpoints'>): number[] {
  const { count: wanted, first } = config.checkpoints
  const start = Math.min(first, config.steps)
  const steps = new Set([0])
  for (let i = 0; i < wanted; i++) steps.add(Math.round(start * (config.steps / start) ** (i / (wanted - 1))))
  return [...steps].sort((a, b) => a - b)
}

/** A configuration as a run directory keeps it; the version before this one recorded a schedule and a loss that no one read. */
export function storedConfig(config: unknown): unknown {
  if (!isObject(config) || !('noise' in config)) return config
  const { noise, loss, ...rest } = config
  if (isObject(rest.model) && rest.model.kind === 'causal') return rest
  if (isObject(noise) && noise.kind === 'uniform') return { ...rest, noise }
  return loss === 'mask-count' ? rest : { ...rest, noise, loss }
}
