import type { LayeredGrammar } from '../pcfg/layered.js'
import { BOOLEAN } from './semiring.js'
import { spanChart } from './span-chart.js'

/** How far a string is grammatical at one level, whatever its length, its trees and their number. */
export interface Tiling {
  /** Whether the string splits into consecutive spans that each derive from a symbol of the level. */
  readonly valid: boolean
  /** The largest share of tokens that disjoint such spans can cover. */
  readonly covered: number
}

/** Prepares tilings under a layered grammar: for each string one per level 1..L, and the whole language last. */
export function tilings({ grammar, levels }: LayeredGrammar): (tokens: ArrayLike<number>) => Tiling[] {
  const chart = spanChart(grammar, BOOLEAN)
  return (tokens) => {
    const total = chart.up(tokens)
    const n = tokens.length
    const ofLevels = levels.slice(1).map((symbols): Tiling => {
      // covered[j]: most tokens of the first j that disjoint spans cover; all of them where they tile.
      const covered = new Int32Array(n + 1)
      for (let j = 1; j <= n; j++) {
        covered[j] = covered[j - 1]!
        for (let i = 0; i < j; i++) {
          if (covered[i]! + j - i <= covered[j]!) continue
          if (symbols.some((symbol) => chart.inside(i, j, symbol))) covered[j] = covered[i]! + j - i
        }
      }
      return { valid: covered[n] === n, covered: n === 0 ? 1 : covered[n]! / n }
    })
    return [...ofLevels, { valid: total > 0, covered: total > 0 ? 1 : 0 }]
  }
}
