import { z } from 'zod'
import { InputError } from '../common/error.js'
import { jsonText, readJson, sha256 } from '../common/files.js'
import { rhmSource } from '../corpus/rhm.js'
import type { Source } from '../corpus/source.js'
import { parseRhm, randomRhm } from '../grammar/rhm/rhm.js'
import { compile } from '../grammar/rhm/tables.js'

const count = z.int().min(1)

/** Where a run's strings come from; add a kind here, in {@link sourceOf} and in {@link readSource}. */
export const sourceSchema = z.union([
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
    seed: z.string().min(1).default('0').describe('seed of the rules'),
  }),
])

export type SourceConfig = z.output<typeof sourceSchema>

/** The source that a configuration names or describes. */
export function sourceOf(config: SourceConfig): Source {
  if ('file' in config) return readSource(readJson(config.file, 'grammar'))
  const weights = config.zipf ? ({ kind: 'zipf', ...config.zipf } as const) : undefined
  return rhmSource(compile(randomRhm({ ...config, weights })))
}

/** A source from what a run kept of it. Throws InputError naming what does not fit. */
export function readSource(file: unknown): Source {
  const kind = (file as { kind?: unknown } | null)?.kind
  if (kind === 'rhm') return rhmSource(compile(parseRhm(file)))
  throw new InputError('grammar.kind', kind, '"rhm"')
}

/** The name of a grammar in summaries and baselines: SHA-256 of its file. */
export function grammarHash(file: unknown): string {
  return sha256(jsonText(file))
}
