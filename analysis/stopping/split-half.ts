import { z } from 'zod'
import type { Denoiser } from '../../model/denoiser.js'

export const halfPoint = z.strictObject({
  step: z.int(),
  disagreement: z
    .number()
    .nullable()
    .describe('as a share of what they have learned; null before that is enough'),
  perString: z
    .array(z.number())
    .describe('what each string says of it, their mean: the same strings at every checkpoint'),
})

/**
 * Disagreement of two halves at a checkpoint.
 *
 * @useDeclaredType
 */
export type HalfPoint = z.output<typeof halfPoint>

/** Nats per hidden token that a network must know before its agreement with another says anything. */
const LEARNED = 0.05

/**
 * How far two networks disagree about hidden tokens: mean symmetric KL, as a share of the mean KL of either from uniform guessing.
 * Near 0 both have learned the same, the language; near 1 and beyond each has learned its own strings (after arXiv 2310.02557).
 * Null while neither has learned enough.
 *
 * @param masked [rows, T] with MASK where hidden; equally many rows of each string, one string after the other
 * @param strings how many
 */
export async function disagreement(
  a: Denoiser,
  b: Denoiser,
  masked: Int32Array,
  strings: number,
): Promise<Omit<HalfPoint, 'step'>> {
  const { vocabulary: V } = a
  const [p, q] = [await a.logProbabilities(masked), await b.logProbabilities(masked)]
  const [apart, learned] = [new Float64Array(strings), new Float64Array(strings)]
  masked.forEach((token, at) => {
    if (token !== V) return
    const string = Math.floor((at * strings) / masked.length)
    for (let x = at * V; x < (at + 1) * V; x++) {
      const [pp, qq] = [Math.exp(p[x]!), Math.exp(q[x]!)]
      apart[string]! += 0.5 * (pp - qq) * (p[x]! - q[x]!)
      learned[string]! += 0.5 * (pp * p[x]! + qq * q[x]!)
    }
    learned[string]! += Math.log(V)
  })
  const hidden = masked.reduce((sum, token) => sum + (token === V ? 1 : 0), 0)
  const total = sum(learned)
  if (total / hidden < LEARNED) return { disagreement: null, perString: [] }
  const ratio = sum(apart) / total
  // A ratio of sums to first order: how far each string moves it, about the ratio itself.
  const perString = Array.from(apart, (value, i) => ratio + ((value - ratio * learned[i]!) * strings) / total)
  return { disagreement: ratio, perString }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}
