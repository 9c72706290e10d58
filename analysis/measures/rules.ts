import { z } from 'zod'
import { entropyOf } from '../../common/statistics.js'
import type { Levels } from '../../corpus/truth.js'
import type { Measure } from './measure.js'

const usageSchema = z.strictObject({
  level: z.int(),
  blocks: z.int().describe('valid blocks counted'),
  entropy: z.number().describe('of the rules used, nats'),
  expectedEntropy: z.number().describe("of the grammar's own use of them"),
  chiSquare: z
    .number()
    .nullable()
    .describe('χ² of the counts per degree of freedom: 1 on average for independent draws from the grammar'),
})

/**
 * None
 *
 * @useDeclaredType
 */
export type RuleUsage = z.output<typeof usageSchema>

/** How often each level's rules are used in valid blocks of samples, against how often the grammar uses them. */
export const rules: Measure<RuleUsage[]> = {
  version: 1,
  needs: ['levels'],
  schema: z.array(usageSchema),
  prepare:
    ({ source }) =>
    ({ parsed }) =>
      ruleUsage(source.truth.levels!, parsed!),
  columns: () => [],
}

/**
 * Rule usage per level 1..L.
 * @param parsed as `levels.parse` returns it
 */
export function ruleUsage(levels: Levels, parsed: readonly Int32Array[]): RuleUsage[] {
  return Array.from({ length: levels.depth }, (_, i) => {
    const level = i + 1
    const counts = levels.ruleCounts(level, parsed)
    const expected = levels.ruleShares(level)
    const blocks = counts.reduce((sum, n) => sum + n, 0)
    const used = expected.filter((p) => p > 0).length
    const chi = counts.reduce((sum, n, rule) => {
      const mean = blocks * expected[rule]!
      return mean > 0 ? sum + (n - mean) ** 2 / mean : sum
    }, 0)
    return {
      level,
      blocks,
      entropy: entropyOf(Array.from(counts, (n) => n / Math.max(1, blocks))),
      expectedEntropy: entropyOf(expected),
      chiSquare: blocks > 0 && used > 1 ? chi / (used - 1) : null,
    }
  })
}
