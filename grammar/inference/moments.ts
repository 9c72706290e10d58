import { type Pcfg, rulesByLeft } from '../pcfg/pcfg.js'

/** What a PCFG is like on average, in closed form. */
export interface PcfgMoments {
  /** Probability that a derivation from the start symbol ends: below 1 the grammar loses mass to endless trees. */
  readonly partition: number
  /** Expected tokens per string; ∞ where it diverges. */
  readonly expectedLength: number
  /** Entropy of a derivation in nats; ∞ where it diverges. Of a string it is at most that. */
  readonly derivationalEntropy: number
}

/**
 * The least fixed point of z = f(z) by iteration, and the linear systems x = own + M·x for lengths and entropies, where M[A][B]
 * is the expected number of B on a right-hand side of A.
 *
 * @example
 * ```ts
 * import { parsePcfg, pcfgMoments } from 'pcfg-diffusion/grammar'
 *
 * // A string has n tokens with probability ¼·¾^(n−1).
 * pcfgMoments(parsePcfg("S -> 'a' S [0.75] | 'a' [0.25]")).expectedLength // → 4.000
 * // z = .6·z² + .4: a third of the derivations never end.
 * pcfgMoments(parsePcfg("S -> S S [0.6] | 'a' [0.4]")).partition // → 0.6667
 * ```
 */
export function pcfgMoments(grammar: Pcfg): PcfgMoments {
  const rules = rulesByLeft(grammar)
  const size = grammar.nonterminals.length
  const nonterminals = (index: number) =>
    grammar.rules[index]!.right.filter((symbol) => symbol.kind === 'nonterminal').map(({ id }) => id)

  let z = new Float64Array(size)
  for (let round = 0, moved = 1; round < 200_000 && moved > 1e-16; round++) {
    const next = z.map((_, a) =>
      rules[a]!.reduce(
        (sum, index) =>
          sum + nonterminals(index).reduce((p, b) => p * z[b]!, grammar.rules[index]!.probability),
        0,
      ),
    )
    moved = Math.max(...next.map((value, a) => value - z[a]!))
    z = next
  }

  const expected = Array.from({ length: size }, () => new Float64Array(size))
  const lengths = new Float64Array(size)
  const entropies = new Float64Array(size)
  for (const { left, right, probability } of grammar.rules) {
    if (probability === 0) continue
    entropies[left]! -= probability * Math.log(probability)
    for (const symbol of right) {
      if (symbol.kind === 'terminal') lengths[left]! += probability
      else expected[left]![symbol.id]! += probability
    }
  }
  return {
    partition: z[grammar.start]!,
    expectedLength: solve(expected, lengths)[grammar.start]!,
    derivationalEntropy: solve(expected, entropies)[grammar.start]!,
  }
}

/** x = b + M·x for non-negative M and b; ∞ everywhere where the series b + Mb + M²b + … diverges. */
function solve(m: readonly Float64Array[], b: Float64Array): Float64Array {
  const n = b.length
  const rows = m.map((row, i) =>
    Float64Array.from([...row.map((value, j) => (i === j ? 1 : 0) - value), b[i]!]),
  )
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i
    if (Math.abs(rows[pivot]![k]!) < 1e-12) return new Float64Array(n).fill(Number.POSITIVE_INFINITY)
    ;[rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!
    }
  }
  const x = Float64Array.from(rows, (row, k) => row[n]! / row[k]!)
  // A spectral radius of 1 or more shows as a negative solution of a non-negative system.
  return x.some((value) => value < -1e-9) ? x.fill(Number.POSITIVE_INFINITY) : x
}
