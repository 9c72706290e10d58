import type { Denoiser } from '../../model/denoiser.js'

/** Nats per hidden token that a network must know before its agreement with another says anything. */
const LEARNED = 0.05

/**
 * How far two networks disagree about hidden tokens: mean symmetric KL, as a share of the mean KL of either from uniform guessing.
 * Near 0 both have learned the same, the language; near 1 and beyond each has learned its own strings (after arXiv 2310.02557).
 * Null while neither has learned enough.
 *
 * @param masked [rows, T] with MASK where hidden
 */
export async function disagreement(a: Denoiser, b: Denoiser, masked: Int32Array): Promise<number | null> {
  const { vocabulary: V } = a
  const [p, q] = [await a.logProbabilities(masked), await b.logProbabilities(masked)]
  let [apart, learned] = [0, 0]
  masked.forEach((token, at) => {
    if (token !== V) return
    for (let x = at * V; x < (at + 1) * V; x++) {
      const [pp, qq] = [Math.exp(p[x]!), Math.exp(q[x]!)]
      apart += 0.5 * (pp - qq) * (p[x]! - q[x]!)
      learned += 0.5 * (pp * p[x]! + qq * q[x]!)
    }
    learned += Math.log(V)
  })
  const hidden = masked.reduce((sum, token) => sum + (token === V ? 1 : 0), 0)
  return learned / hidden < LEARNED ? null : apart / learned
}
