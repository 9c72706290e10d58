import { nodeMarginals } from '../rhm/marginals.js'
import { nodesAt, symbolsAt } from '../rhm/rhm.js'
import type { RhmTables } from '../rhm/tables.js'
import type { Semiring } from './semiring.js'

/**
 * Inside and outside sums on the fixed tree of a hierarchical grammar, for one string at a time. The arrays are used again
 * by the next sweep.
 */
export interface TreeSweep<T> {
  /** inside[level][node·symbols + a]: the sum over derivations of the node's block from symbol a, leaves included. */
  readonly inside: readonly T[][]
  /** outside[level][node·symbols + a]: the sum over everything else in the node's tree. */
  readonly outside: readonly T[][]
  /**
   * The upward pass over `inside[0]`, which the caller has filled with what each token may be, [d·v].
   * @returns the sum over derivations of each root, [nodes of level ℓ]
   */
  up(): readonly T[]
  /** ln of what rescaling has taken out of each root's sum; 0 in semirings that do not rescale. */
  readonly logScale: Float64Array
  /** The downward pass; needs `up` first. */
  down(): void
}

/**
 * Prepares sweeps in a semiring. A root symbol weighs its probability at that node: the grammar's root distribution at
 * depth L; below, the exact marginals of the level, which make blocks independent (the grammar known up to level ℓ).
 *
 * @param depth ℓ in 0..L, the level whose nodes are roots, default L: one tree; below, a forest of independent blocks
 */
export function treeSweep<T>(tables: RhmTables, semiring: Semiring<T>, depth = tables.L): TreeSweep<T> {
  const { m, s } = tables
  const { zero, plus, times } = semiring
  const size = (level: number) => nodesAt(tables, level) * symbolsAt(tables, level)
  const levels = Array.from({ length: depth + 1 }, (_, level) => level)
  const inside = levels.map((level) => semiring.array(size(level)))
  const outside = levels.map((level) => semiring.array(size(level)))
  const prior = Array.from(nodeMarginals(tables)[depth]!, semiring.fromProbability)
  const weights = levels.map((level) =>
    level === 0 ? [] : Array.from(tables.levels[level]!.probability, semiring.fromProbability),
  )
  const totals = semiring.array(nodesAt(tables, depth))
  const rootSymbols = symbolsAt(tables, depth)

  // What has been taken out of each node's block, level by level; read before it is overwritten.
  const scales = new Float64Array(nodesAt(tables, 0))
  const logScale = scales.subarray(0, totals.length)

  const up = (): readonly T[] => {
    scales.fill(0)
    for (let level = 1; level <= depth; level++) {
      const { rhs, symbols } = tables.levels[level]!
      const [below, here, weight] = [inside[level - 1]!, inside[level]!, weights[level]!]
      for (let node = 0; node < nodesAt(tables, level); node++) {
        for (let a = 0; a < symbols; a++) {
          let sum = zero
          for (let rule = a * m; rule < (a + 1) * m; rule++) {
            let product: T = weight[rule]!
            for (let i = 0; i < s; i++)
              product = times(product, below[(node * s + i) * tables.v + rhs[rule * s + i]!]!)
            sum = plus(sum, product)
          }
          here[node * symbols + a] = sum
        }
        if (!semiring.rescale) continue
        let taken = semiring.rescale(here, node * symbols, symbols)
        for (let i = 0; i < s; i++) taken += scales[node * s + i]!
        scales[node] = taken
      }
    }
    for (let node = 0; node < totals.length; node++) {
      let sum = zero
      for (let a = node * rootSymbols; a < (node + 1) * rootSymbols; a++)
        sum = plus(sum, times(prior[a]!, inside[depth]![a]!))
      totals[node] = sum
    }
    return totals
  }

  const down = (): void => {
    for (let i = 0; i < prior.length; i++) outside[depth]![i] = prior[i]!
    for (let level = depth; level >= 1; level--) {
      const { rhs, symbols } = tables.levels[level]!
      const [below, here, weight] = [inside[level - 1]!, outside[level]!, weights[level]!]
      const out = outside[level - 1]!.fill(zero)
      for (let node = 0; node < nodesAt(tables, level); node++) {
        for (let rule = 0; rule < symbols * m; rule++) {
          const above = times(here[node * symbols + Math.floor(rule / m)]!, weight[rule]!)
          for (let i = 0; i < s; i++) {
            let product: T = above
            for (let j = 0; j < s; j++)
              if (j !== i) product = times(product, below[(node * s + j) * tables.v + rhs[rule * s + j]!]!)
            const child = (node * s + i) * tables.v + rhs[rule * s + i]!
            out[child] = plus(out[child]!, product)
          }
        }
      }
    }
  }
  return { inside, outside, up, down, logScale }
}

/** What each token of a string may be: itself where it is visible, anything where it is hidden. */
export function fillLeaves<T>(
  leaves: T[],
  { zero, one }: Semiring<T>,
  strings: Int32Array,
  row: number,
  v: number,
): void {
  for (let at = 0; at < leaves.length; at++) {
    const token = strings[row + Math.floor(at / v)]!
    leaves[at] = token === v || token === at % v ? one : zero
  }
}
