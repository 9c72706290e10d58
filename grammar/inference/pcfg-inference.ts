import type { Random } from '../../common/random.js'
import type { Pcfg, PcfgTree } from '../pcfg/pcfg.js'
import { largest, proportional } from './choose.js'
import { BOOLEAN, COUNTING, LOG, MAX, REAL, type Semiring } from './semiring.js'
import { type SpanChart, spanChart } from './span-chart.js'
import { chooseTree, treeLogProbability } from './span-trees.js'

/** Exact answers about strings of a PCFG; tokens are terminal ids, V = terminals.length is MASK. */
export interface PcfgInference {
  readonly grammar: Pcfg
  /** ln P(visible tokens, length n): −∞ where no string of the language agrees. */
  logProbability(tokens: ArrayLike<number>): number
  /** Number of derivations; INFINITE where unary cycles make infinitely many. */
  countParses(tokens: ArrayLike<number>): bigint
  /** The most probable derivation and ln of its probability. */
  best(tokens: ArrayLike<number>): { readonly tree: PcfgTree; readonly logProbability: number } | undefined
  /** A derivation drawn from the posterior. */
  draw(tokens: ArrayLike<number>, random: Random): PcfgTree | undefined
  /** P(token | visible tokens) at every position, [n·V]; all 0 where the visible tokens are impossible. */
  marginals(tokens: ArrayLike<number>): Float64Array
}

/** Below this a sum of probabilities may have lost parts to underflow, and logarithms are worth their time. */
const SMALLEST = 1e-250

/**
 * Prepares inference; charts are made when a question first needs them.
 *
 * @example
 * ```ts
 * import { parsePcfg, pcfgInference } from 'pcfg-diffusion/grammar'
 *
 * const inference = pcfgInference(parsePcfg("S -> S S [0.4] | 'a' [0.6]"))
 * inference.countParses([0, 0, 0]) // → 2
 * Math.exp(inference.logProbability([0, 0, 0])) // → 0.06912
 * 2 * 0.4 ** 2 * 0.6 ** 3 // → 0.06912
 * ```
 */
export function pcfgInference(grammar: Pcfg): PcfgInference {
  const charts = new Map<Semiring<number>, SpanChart<number>>()
  let counts: SpanChart<bigint> | undefined
  const chart = (semiring: Semiring<number>) => {
    const known = charts.get(semiring) ?? spanChart(grammar, semiring)
    charts.set(semiring, known)
    return known
  }
  /** A chart that has read a string: of probabilities, or of their logarithms where those are too small. */
  const read = (tokens: ArrayLike<number>) => {
    const total = chart(REAL).up(tokens)
    if (total > SMALLEST || !chart(BOOLEAN).up(tokens))
      return { chart: chart(REAL), log: Math.log(total), exp: (x: number) => x / total }
    const log = chart(LOG).up(tokens)
    return { chart: chart(LOG), log, exp: (x: number) => Math.exp(x - log) }
  }
  return {
    grammar,
    logProbability: (tokens) => read(tokens).log,
    countParses(tokens) {
      counts ??= spanChart(grammar, COUNTING)
      return counts.up(tokens)
    },
    best(tokens) {
      chart(MAX).up(tokens)
      const tree = chooseTree(chart(MAX), tokens, largest)
      return tree && { tree, logProbability: treeLogProbability(grammar, tree) }
    },
    draw(tokens, random) {
      const { chart, log } = read(tokens)
      if (log === Number.NEGATIVE_INFINITY) return undefined
      // At every choice only ratios matter, so each is taken relative to its largest way.
      const pick = proportional(random)
      return chooseTree(chart, tokens, (values) => {
        const peak = Math.max(...values)
        return pick(chart.semiring === LOG ? values.map((value) => Math.exp(value - peak)) : values)
      })
    },
    marginals(tokens) {
      const { chart, log, exp } = read(tokens)
      const sums = Float64Array.from(chart.down())
      return log === Number.NEGATIVE_INFINITY ? sums.fill(0) : sums.map(exp)
    },
  }
}
