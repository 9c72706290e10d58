import type { Pcfg } from '../pcfg/pcfg.js'
import { type BinaryForm, binaryForm } from './binary-form.js'
import { type Closure, closure } from './closure.js'
import type { Semiring } from './semiring.js'

/** Inside and outside sums over the spans of one string at a time, for any PCFG. */
export interface SpanChart<T> {
  readonly form: BinaryForm
  readonly semiring: Semiring<T>
  readonly closure: Closure<T>
  /** The sum over derivations of tokens i..j−1 from a symbol, i < j. */
  inside(i: number, j: number, symbol: number): T
  /**
   * Fills the chart upwards.
   * @param tokens terminal ids; `terminals.length` is MASK and stands for any token
   * @param weigh what it weighs that a visible token stands where the grammar has another; default: it cannot
   * @returns the sum over derivations of the string from the start symbol
   */
  up(tokens: ArrayLike<number>, weigh?: (seen: number, token: number) => T): T
  /**
   * The downward pass over the string that `up` read last.
   * @returns for each position and terminal the sum over derivations with that terminal there, [n·V]
   */
  down(): readonly T[]
}

/**
 * Prepares charts of a grammar in a semiring. Cost per string O(n³·rules), less where spans are empty.
 *
 * @example
 * ```ts
 * import { parsePcfg, semirings, spanChart } from 'pcfg-diffusion/grammar'
 *
 * const grammar = parsePcfg("S -> S S [0.4] | 'a' [0.6]")
 * spanChart(grammar, semirings.COUNTING).up([0, 0, 0, 0]) // → 5
 * spanChart(grammar, semirings.REAL).up([0, 0]) // → 0.144
 * spanChart(grammar, semirings.BOOLEAN).up([]) // → 0
 * ```
 */
export function spanChart<T>(grammar: Pcfg, semiring: Semiring<T>): SpanChart<T> {
  const form = binaryForm(grammar)
  const { plus, times, zero, isZero } = semiring
  const N = form.size
  const V = grammar.terminals.length
  const closed = closure(form, semiring)
  const byLeft: { parent: number; right: number; weight: T }[][] = Array.from({ length: N }, () => [])
  for (const { parent, left, right, probability } of form.binary)
    byLeft[left]!.push({ parent, right, weight: semiring.fromProbability(probability) })
  const byToken: { parent: number; weight: T }[][] = Array.from({ length: V }, () => [])
  for (const { parent, token, probability } of form.lexical)
    byToken[token]!.push({ parent, weight: semiring.fromProbability(probability) })

  let n = 0
  let string: ArrayLike<number> = []
  let values: T[] = []
  // present[i·(n+1)+j] lists the symbols of a span that are not zero.
  let present: (readonly number[] | undefined)[] = []
  // ends[i] lists, ascending, the j for which some symbol derives i..j.
  let ends: number[][] = []
  const base = semiring.array(N)
  const cell = (i: number, j: number) => (i * (n + 1) + j) * N
  const tokensAt = (i: number) => (string[i] === V ? byToken.keys() : [string[i]!])

  const up = (tokens: ArrayLike<number>, weigh?: (seen: number, token: number) => T): T => {
    n = tokens.length
    string = tokens
    if (n === 0) return closed.empty[grammar.start]!
    values = semiring.array((n + 1) * (n + 1) * N)
    present = new Array((n + 1) * (n + 1))
    ends = Array.from({ length: n }, () => [])
    const touched: number[] = []
    const add = (symbol: number, value: T) => {
      if (isZero(base[symbol]!)) touched.push(symbol)
      base[symbol] = plus(base[symbol]!, value)
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j <= n; j++) {
        // 1. What is built of tokens and of two shorter spans.
        touched.length = 0
        if (j === i + 1) {
          const cost = string[i] === V ? undefined : weigh
          for (const token of cost ? byToken.keys() : tokensAt(i)) {
            for (const { parent, weight } of byToken[token]!)
              add(parent, cost ? times(weight, cost(string[i]!, token)) : weight)
          }
        }
        for (const k of ends[i]!) {
          if (!present[k * (n + 1) + j]) continue
          const [first, second] = [cell(i, k), cell(k, j)]
          for (const left of present[i * (n + 1) + k]!) {
            const edges = byLeft[left]!
            for (let e = 0; e < edges.length; e++) {
              const { parent, right, weight } = edges[e]!
              const after = values[second + right]!
              if (!isZero(after)) add(parent, times(weight, times(values[first + left]!, after)))
            }
          }
        }
        if (touched.length === 0) continue
        // 2. Chains of rules that add no token.
        const at = cell(i, j)
        const found: number[] = []
        for (const symbol of touched) {
          const value = base[symbol]!
          base[symbol] = zero
          if (isZero(value)) continue
          for (const { parent, weight } of closed.star[symbol]!) {
            if (isZero(values[at + parent]!)) found.push(parent)
            values[at + parent] = plus(values[at + parent]!, times(weight, value))
          }
        }
        present[i * (n + 1) + j] = found
        ends[i]!.push(j)
      }
    }
    return values[cell(0, n) + grammar.start]!
  }

  const down = (): readonly T[] => {
    const leaves = semiring.array(n * V)
    if (n === 0) return leaves
    const outside = semiring.array((n + 1) * (n + 1) * N)
    outside[cell(0, n) + grammar.start] = semiring.one
    for (let span = n; span >= 1; span--) {
      for (let i = 0; i + span <= n; i++) {
        const j = i + span
        if (!present[i * (n + 1) + j]) continue
        // 1. Up the chains: what stands around a symbol before any rule without tokens applies.
        const at = cell(i, j)
        const around = semiring.array(N)
        for (let symbol = 0; symbol < N; symbol++) {
          for (const { parent, weight } of closed.star[symbol]!) {
            const above = outside[at + parent]!
            if (!isZero(above)) around[symbol] = plus(around[symbol]!, times(above, weight))
          }
        }
        // 2. Down into pairs of shorter spans, and into tokens.
        for (const k of ends[i]!) {
          if (k >= j || !present[k * (n + 1) + j]) continue
          const [first, second] = [cell(i, k), cell(k, j)]
          for (const left of present[i * (n + 1) + k]!) {
            for (const { parent, right, weight } of byLeft[left]!) {
              if (isZero(around[parent]!) || isZero(values[second + right]!)) continue
              const above = times(around[parent]!, weight)
              outside[first + left] = plus(outside[first + left]!, times(above, values[second + right]!))
              outside[second + right] = plus(outside[second + right]!, times(above, values[first + left]!))
            }
          }
        }
        if (span === 1) {
          for (const token of tokensAt(i)) {
            for (const { parent, weight } of byToken[token]!)
              leaves[i * V + token] = plus(leaves[i * V + token]!, times(around[parent]!, weight))
          }
        }
      }
    }
    return leaves
  }

  return {
    form,
    semiring,
    closure: closed,
    inside: (i, j, symbol) => values[cell(i, j) + symbol]!,
    up,
    down,
  }
}
