import { z } from 'zod'
import { firstRows, type TokenMatrix } from '../../common/strings.js'
import type { Source } from '../../corpus/source.js'
import type { Denoiser } from '../../model/denoiser.js'
import { maskEveryCount } from '../../model/processes/absorbing/nelbo.js'
import { bayesDenoiser } from '../oracles/bayes.js'
import { memoriser } from '../oracles/memoriser.js'
import type { Measure } from './measure.js'

/** What all oracles say about one fixed set of masked held-out strings; made once per run. */
export interface OracleProbe {
  /** [strings·T, T]: each string with k = 1..T hidden tokens. */
  readonly masked: Int32Array
  /** ln p of each hidden token's distribution, [rows·T·V], for BP_0..BP_L. */
  readonly bayes: readonly Float64Array[]
  readonly memoriser: Float64Array
  /** crossEntropy[k−1] of the exact posterior on these masks, nats per hidden token. */
  readonly crossEntropy: readonly number[]
}

const schema = z.strictObject({
  bayes: z.array(z.number()).describe('KL(BP_ℓ‖model) for ℓ = 0..L'),
  memoriser: z
    .number()
    .nullable()
    .describe(
      'KL(memoriser‖model), where some training string agrees with what is visible; null where none does',
    ),
  bayesThere: z
    .array(z.number())
    .nullable()
    .describe('KL(BP_ℓ‖model) on the same masked strings as `memoriser`, to compare with it'),
  memoriserDefined: z.number().describe('share of masked strings for which one does'),
  acquired: z.int().describe('argmin over ℓ of KL(BP_ℓ‖model): the depth the network acts as if it knew'),
  crossEntropy: z
    .array(z.number())
    .describe('of the exact posterior per mask count: the floor under the test losses of these masks'),
})

/**
 * How far a denoiser is from every oracle, in nats per hidden token, averaged over mask counts.
 *
 * @useDeclaredType
 */
export type OracleDistances = z.output<typeof schema>

export const oracles: Measure<OracleDistances> = {
  version: 2,
  needs: ['masks', 'posterior', 'levels', 'train', 'test'],
  schema,
  async prepare({ source, train, test, config }) {
    const probe = await oracleProbe(source, train!, test!, config)
    return ({ denoiser }) => oracleDistances(denoiser!, probe)
  },
  columns: ({ acquired, memoriser }) => [
    { name: 'nearest depth', value: acquired },
    { name: 'KL to memoriser', value: memoriser },
  ],
}

/** Held-out strings asked about, at most: every one is a row per mask count and oracle. */
const MOST = 128

/** Asks every oracle about the held-out strings, under the masks that the test loss uses. */
export async function oracleProbe(
  source: Source,
  train: TokenMatrix,
  test: TokenMatrix,
  config: { readonly strings: number; readonly seed: string },
): Promise<OracleProbe> {
  const { length: d, vocabulary: v } = source
  const L = source.truth.levels!.depth
  const strings = firstRows(test, Math.min(MOST, config.strings))
  const masked = maskEveryCount(strings, v, config.seed, 0, strings.count)
  const bayes: Float64Array[] = []
  for (let depth = 0; depth <= L; depth++)
    bayes.push(await bayesDenoiser(source, depth).logProbabilities(masked))
  const sums = new Float64Array(d)
  for (let at = 0; at < masked.length; at++) {
    if (masked[at] !== v) continue
    const row = Math.floor(at / d)
    const truth = strings.tokens[Math.floor(row / d) * d + (at % d)]!
    sums[row % d]! -= bayes[L]![at * v + truth]! / ((row % d) + 1)
  }
  return {
    masked,
    bayes,
    memoriser: await memoriser(train, v).logProbabilities(masked),
    crossEntropy: Array.from(sums, (sum) => sum / strings.count),
  }
}

/** Compares a denoiser with the oracles. */
export async function oracleDistances(denoiser: Denoiser, probe: OracleProbe): Promise<OracleDistances> {
  const predicted = await denoiser.logProbabilities(probe.masked)
  const bayes = probe.bayes.map((oracle) => meanDivergence(oracle, predicted, probe.masked, denoiser))
  const remembered = possibleRows(probe.memoriser, probe.masked, denoiser)
  const there = (oracle: Float64Array) =>
    meanDivergence(oracle, predicted, probe.masked, denoiser, remembered)
  const defined = remembered.some((possible) => possible)
  return {
    bayes,
    memoriser: defined ? there(probe.memoriser) : null,
    bayesThere: defined ? probe.bayes.map(there) : null,
    memoriserDefined: remembered.filter((possible) => possible).length / remembered.length,
    acquired: bayes.reduce((best, value, depth) => (value < bayes[best]! ? depth : best), 0),
    crossEntropy: [...probe.crossEntropy],
  }
}

/** Mean over mask counts k of KL(p‖q) per hidden token, over all rows or those that count. */
function meanDivergence(
  p: Float64Array,
  q: Float64Array,
  masked: Int32Array,
  { length: T, vocabulary: V }: Denoiser,
  counted?: readonly boolean[],
): number {
  const sums = new Float64Array(T)
  const counts = new Int32Array(T)
  for (let row = 0; row < masked.length / T; row++) {
    if (counted && !counted[row]) continue
    const k = row % T
    counts[k]!++
    for (let at = row * T; at < (row + 1) * T; at++) {
      if (masked[at] !== V) continue
      for (let a = at * V; a < (at + 1) * V; a++)
        if (p[a] !== Number.NEGATIVE_INFINITY) sums[k]! += (Math.exp(p[a]!) * (p[a]! - q[a]!)) / (k + 1)
    }
  }
  const means = Array.from(sums, (sum, k) => sum / counts[k]!).filter((_, k) => counts[k]! > 0)
  return means.reduce((total, value) => total + value, 0) / means.length
}

/** Whether an oracle has an answer, per row: it has none where what is visible is impossible for it. */
function possibleRows(
  p: Float64Array,
  masked: Int32Array,
  { length: T, vocabulary: V }: Denoiser,
): boolean[] {
  return Array.from({ length: masked.length / T }, (_, row) => {
    const hidden = masked.subarray(row * T, (row + 1) * T).indexOf(V)
    const first = (row * T + hidden) * V
    return p.subarray(first, first + V).some((log) => log !== Number.NEGATIVE_INFINITY)
  })
}
