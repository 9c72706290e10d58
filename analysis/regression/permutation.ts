import jstat from 'jstat'
import { normalDistribution } from '../../common/distributions.js'

/** Operations that counting deals may take: some hundredths of a second. */
const AFFORDABLE = 5e6
/** Deviations within which numbers of dealt strings are followed: beyond lies less than a part in 10¹⁵. */
const FOLLOWED = 9

/**
 * Two-sided p-value of a difference between two tallies, tally[k] strings of which k parts count: the share of all ways to deal the
 * strings of both to sides of these sizes by which their sums lie at least as far apart. It holds however the parts of a string
 * hang together and however unequal the sides are, and its false alarms are at most the stated rate. The deals are counted; where
 * both sides hold so many strings of several unusual counts that this would take too long, their sum is normal with the variance
 * of drawing without replacement.
 */
export function permutationTest(a: readonly number[], b: readonly number[]): number {
  const [smaller, larger] = stringsOf(a) <= stringsOf(b) ? [a, b] : [b, a]
  const both = smaller.map((strings, k) => strings + larger[k]!)
  const [drawn, all] = [stringsOf(smaller), stringsOf(both)]
  const mean = (drawn * scoreOf(both)) / all
  const gap = Math.abs(scoreOf(smaller) - mean)
  // Equally far apart is every deal then, whatever rounding makes of their probabilities.
  if (gap < 1e-9) return 1
  const commonest = both.indexOf(Math.max(...both))
  if (costOf(both, commonest, drawn) > AFFORDABLE) {
    const squares = both.reduce((sum, strings, k) => sum + strings * (k - mean / drawn) ** 2, 0)
    const variance = (drawn * (all - drawn) * squares) / (all * (all - 1))
    return 2 * normalDistribution(-gap / Math.sqrt(variance))
  }
  let p = 0
  for (const { others, sum, weight } of deals(both, commonest, drawn)) {
    // Sums are whole numbers, their mean is not: equal distances may differ in the last digit.
    if (Math.abs(sum + commonest * (drawn - others) - mean) >= gap - 1e-9 * (1 + gap)) p += weight
  }
  return Math.min(1, p)
}

export function stringsOf(tally: readonly number[]): number {
  return tally.reduce((sum, strings) => sum + strings, 0)
}

/** Parts that count, over all strings. */
export function scoreOf(tally: readonly number[]): number {
  return tally.reduce((sum, strings, k) => sum + strings * k, 0)
}

/** Operations that {@link deals} takes, about: states of (strings off the commonest count, their sum), times numbers dealt of a count. */
function costOf(both: readonly number[], commonest: number, drawn: number): number {
  const all = stringsOf(both)
  const counts = both.flatMap((strings, k) => (strings > 0 && k !== commonest ? [k] : []))
  const { low, high } = followed(all, all - both[commonest]!, drawn)
  const range = Math.max(...counts) - Math.min(...counts)
  // With one other count their number says their sum; 100 for the logarithms.
  return 100 * (high - low) + (counts.length * range * high ** 3) / 4
}

/** What a side of so many strings may hold off the commonest count: strings, their scores' sum, and with which probability. */
function* deals(both: readonly number[], commonest: number, drawn: number) {
  const counts = both.flatMap((strings, k) => (strings > 0 && k !== commonest ? [k] : []))
  const least = Math.min(...counts)
  const range = Math.max(...counts) - least
  // [others][sum − others·least]
  let ways: Float64Array[] = [Float64Array.of(1)]
  let left = stringsOf(both)
  for (const k of counts) {
    const strings = both[k]!
    const next: Float64Array[] = []
    ways.forEach((row, others) => {
      // Count after count, each from what the ones before have left.
      const { low, high, probability } = followed(left, strings, drawn - others)
      for (let taken = low; taken <= high; taken++) {
        const share = probability(taken)
        next[others + taken] ??= new Float64Array((others + taken) * range + 1)
        const into = next[others + taken]!
        const shift = taken * (k - least)
        for (let i = 0; i < row.length; i++) into[i + shift]! += row[i]! * share
      }
    })
    ways = next
    left -= strings
  }
  for (const others of Object.keys(ways).map(Number))
    for (const [i, weight] of ways[others]!.entries()) yield { others, sum: i + others * least, weight }
}

/** How many of `special` strings among `all` a side of `drawn` holds: the numbers worth following, and their probabilities. */
function followed(all: number, special: number, drawn: number) {
  const mean = (drawn * special) / all
  const variance = all > 1 ? (mean * (1 - special / all) * (all - drawn)) / (all - 1) : 0
  const reach = FOLLOWED * Math.sqrt(variance) + 2 * FOLLOWED
  return {
    low: Math.max(0, drawn - (all - special), Math.ceil(mean - reach)),
    high: Math.min(special, drawn, Math.floor(mean + reach)),
    probability: (taken: number) =>
      Math.exp(logChoose(special, taken) + logChoose(all - special, drawn - taken) - logChoose(all, drawn)),
  }
}

function logChoose(n: number, k: number): number {
  return jstat.gammaln(n + 1) - jstat.gammaln(k + 1) - jstat.gammaln(n - k + 1)
}
