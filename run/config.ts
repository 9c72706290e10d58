import { z } from 'zod'
import type { Process } from '../model/process.js'

/** The one schema behind configuration files and command-line flags. */

const seed = z.string().min(1)
const count = z.int().min(1)

export const grammarSchema = z.union([
  z.strictObject({ file: z.string().describe('grammar JSON file') }),
  z.strictObject({
    v: count.describe('symbols per level, and tokens'),
    m: count.describe('rules per symbol'),
    s: count.describe('branching: symbols on a right-hand side'),
    L: count.describe('levels; strings have s^L tokens'),
    n: count.optional().describe('root symbols, default v'),
    zipf: z
      .strictObject({ exponent: z.number(), levels: z.array(count).optional() })
      .optional()
      .describe('rule probabilities ∝ rank^−exponent, on all levels or the named ones'),
    sameRules: z.boolean().default(false).describe('the same rules at every level'),
    seed: seed.default('0').describe('seed of the rules'),
  }),
])

const width = count.default(32).describe('features per token')
const modelSeed = seed.default('0').describe('seed of the initial weights')
const transformer = {
  layers: count.default(2),
  width,
  heads: count.default(4),
  mlpRatio: z.number().positive().default(4).describe('hidden width of the feed-forward block, in widths'),
  seed: modelSeed,
}

const modelSchema = z.preprocess(
  // The kind may be left out.
  (model) => (typeof model === 'object' && model !== null ? { kind: 'transformer', ...model } : model),
  z.discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('transformer'), ...transformer })
      .describe('looks both ways: a denoiser'),
    z.strictObject({ kind: z.literal('causal'), ...transformer }).describe('looks back only: autoregressive'),
    z.strictObject({
      kind: z.literal('mlp'),
      layers: count.default(2),
      width: count.default(256),
      seed: modelSeed,
    }),
    z
      .strictObject({
        kind: z.literal('unet'),
        width,
        branching: z.int().min(2).default(2).describe('s: filter and stride of the convolutions'),
        seed: modelSeed,
      })
      .describe("shaped like the grammar's tree"),
  ]),
)

const fields = z.strictObject({
  grammar: grammarSchema,
  corpus: z.strictObject({
    train: count.describe('P: training strings'),
    test: z.int().min(1).default(1024).describe('Q: held-out strings'),
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
  model: modelSchema.prefault({}),
  noise: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('linear') }),
      z.strictObject({ kind: z.literal('cosine') }),
      z.strictObject({ kind: z.literal('polynomial'), power: z.number().positive().default(2) }),
      z.strictObject({
        kind: z.literal('uniform'),
        steps: count.default(200),
        first: z.number().gt(0).lt(1).default(1e-3).describe('β of the first step'),
        last: z.number().gt(0).lt(1).default(0.1).describe('β of the last step'),
      }),
    ])
    .default({ kind: 'linear' })
    .describe(
      'schedule of the absorbing process (the mask-count loss does not depend on it), or uniform noise (D3PM)',
    ),
  loss: z.enum(['mask-count', 'elbo', 'unweighted']).default('mask-count'),
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

/** A run's configuration; a full batch becomes its number of strings. */
export const runSchema = fields.transform((config) => ({
  ...config,
  batch: config.batch === 'full' ? config.corpus.train * config.corpus.duplicates : config.batch,
}))

/** What a run's network learns: causal ones predict the next token, others undo the configured noise. */
export function processOf(config: Pick<RunConfig, 'model' | 'noise' | 'loss'>): Process {
  if (config.model.kind === 'causal') return { kind: 'autoregressive' }
  if (config.noise.kind === 'uniform') return config.noise
  return { kind: 'absorbing', schedule: config.noise, loss: config.loss }
}

/** Everything that determines a run. */
export type RunConfig = z.output<typeof runSchema>

/** The same as written by a person: defaults may be left out. */
export type RunConfigInput = z.input<typeof runSchema>

/** Steps at which checkpoints are kept: 0, then log-spaced from `first` to `steps`, all distinct. */
export function checkpointSteps(config: Pick<RunConfig, 'steps' | 'checkpoints'>): number[] {
  const { count: wanted, first } = config.checkpoints
  const start = Math.min(first, config.steps)
  const steps = new Set([0])
  for (let i = 0; i < wanted; i++) steps.add(Math.round(start * (config.steps / start) ** (i / (wanted - 1))))
  return [...steps].sort((a, b) => a - b)
}

/** Learning rate of step t = 1, 2, …: linear warm-up, then constant or a half cosine down to 0. */
export function learningRate(config: RunConfig, step: number): number {
  const { learningRate: peak, warmup, schedule } = config.optimiser
  if (step <= warmup) return (peak * step) / warmup
  if (schedule === 'constant') return peak
  const progress = (step - warmup) / Math.max(1, config.steps - warmup)
  return (peak * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2
}

/** Share of the new weights in the moving average after step t; 0 where there is none. */
export function averageShare(config: RunConfig, step: number): number {
  return config.ema ? 1 - Math.min(config.ema.decay, (1 + step) / (10 + step)) : 0
}
