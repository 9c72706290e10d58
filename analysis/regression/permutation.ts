import jstat from 'jstat'
import { normalDistribution } from '../../common/distributions.js'

/** With more strings than this beside the commonest count, the sum over a random half of all is as good as normal. */
const EXACT = 100

/**
 * Two-sided p-value of a difference between two tallies, tally[k] strings of which k parts count: the share of all ways to deal the
 * strings of both to sides of these sizes by which their sums lie at least as far apart. It holds however the parts of a string
 * hang together, and its false alarms are at most the stated rate. Where nearly all strings are alike the deals are counted, else
 * their sum is normal with the variance of drawing without replacement.
 */
export function permutationTest(a: readonly number[], b: readonly number[]): number {
  const both = a.map((strings, k) => strings + b[k]!)
  const [drawn, all] = [stringsOf(a), stringsOf(both)]
  const mean = (drawn * scoreOf(both)) / all
  const gap = Math.abs(scoreOf(a) - mean)
  const commonest = both.indexOf(Math.max(...both))
  if (all - both[commonest]! > EXACT) {
    const squares = both.reduce((sum, strings, k) => sum + strings * (k - mean / drawn) ** 2, 0)
    const variance = (drawn * (all - drawn) * squares) / (all * (all - 1))
    return 2 * normalDistribution(-gap / Math.sqrt(variance))
  }
  let p = 0
  deals(both, commonest, drawn).forEach((weights, others) => {
    weights.forEach((weight, sum) => {
      // Sums are whole numbers, their mean is not: equal distances may differ in the last digit.
      if (Math.abs(sum + commonest * (drawn - others) - mean) >= gap - 1e-9 * (1 + gap)) p += weight
    })
  })
  return Math.min(1, p)
}

export function stringsOf(tally: readonly number[]): number {
  return tally.reduce((sum, strings) => sum + strings, 0)
}

/** Parts that count, over all strings. */
export function scoreOf(tally: readonly number[]): number {
  return tally.reduce((sum, strings, k) => sum + strings * k, 0)
}

/** Probability that a side of so many strings holds `others` strings off the commonest count, with scores that add up to `sum`: [others][sum]. */
function deals(both: readonly number[], commonest: number, drawn: number): number[][] {
  let ways: number[][] = [[1]]
  both.forEach((strings, k) => {
    if (k === commonest) return
    const next: number[][] = []
    ways.forEach((row, others) => {
      for (let taken = 0; taken <= strings; taken++) {
        const choices = Math.exp(logChoose(strings, taken))
        const into = next[others + taken] ?? []
        next[others + taken] = into
        row.forEach((weight, sum) => {
          into[sum + taken * k] = (into[sum + taken * k] ?? 0) + weight * choices
        })
      }
    })
    ways = next
  })
  const same = both[commonest]!
  const all = logChoose(stringsOf(both), drawn)
  return ways.map((row, others) => {
    const rest = drawn - others
    const share = rest < 0 || rest > same ? 0 : Math.exp(logChoose(same, rest) - all)
    return row.map((weight) => weight * share)
  })
}

function logChoose(n: number, k: number): number {
  return jstat.gammaln(n + 1) - jstat.gammaln(k + 1) - jstat.gammaln(n - k + 1)
}
