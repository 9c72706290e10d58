import { drawFromCumulative, type Random } from '../../common/random.js'
import type { Pcfg, PcfgTree } from '../pcfg/pcfg.js'
import type { SpanChart } from './span-chart.js'

/** Picks one of some values, by index; at least one is not zero. */
export type Choose = (values: readonly number[]) => number

/** The largest; the first of equals. */
export const largest: Choose = (values) =>
  values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)

/** One at random, in proportion. */
export function proportional(random: Random): Choose {
  return (values) => {
    let sum = 0
    return drawFromCumulative(
      random,
      values.map((value) => {
        sum += value
        return sum
      }),
    )
  }
}

/**
 * One derivation of the string that a chart has read, chosen from the top: at every symbol one of its ways, by their values.
 * In the max semiring with {@link largest} it is the best parse, in the reals with {@link proportional} a draw from the
 * posterior. Undefined where the string has none. Hidden tokens are filled in.
 */
export function chooseTree(
  chart: SpanChart<number>,
  tokens: ArrayLike<number>,
  choose: Choose,
): PcfgTree | undefined {
  const { form, semiring, closure } = chart
  const { grammar } = form
  const { times, fromProbability: weigh, isZero } = semiring
  const n = tokens.length

  /** A way to go on from a symbol, with its value. */
  interface Way {
    readonly value: number
    /** The children, in the symbols of the binary form flattened to those of the grammar. */
    readonly take: () => (PcfgTree | number)[]
  }
  const pick = (ways: readonly Way[]) => ways[choose(ways.map(({ value }) => value))]!.take()
  /** A symbol's children become its parent's where the symbol is only a part of a rule. */
  const node = (symbol: number, children: (PcfgTree | number)[]): (PcfgTree | number)[] =>
    symbol < grammar.nonterminals.length ? [{ symbol, children }] : children

  const empty = (symbol: number): (PcfgTree | number)[] => {
    const ways: Way[] = []
    for (const { parent, probability } of form.empty)
      if (parent === symbol) ways.push({ value: weigh(probability), take: () => [] })
    for (const { parent, child, probability } of form.unary) {
      if (parent !== symbol || isZero(closure.empty[child]!)) continue
      ways.push({ value: times(weigh(probability), closure.empty[child]!), take: () => empty(child) })
    }
    for (const { parent, left, right, probability } of form.binary) {
      const both = parent === symbol ? times(closure.empty[left]!, closure.empty[right]!) : semiring.zero
      if (!isZero(both))
        ways.push({ value: times(weigh(probability), both), take: () => [...empty(left), ...empty(right)] })
    }
    return node(symbol, pick(ways))
  }

  const span = (i: number, j: number, symbol: number): (PcfgTree | number)[] => {
    const ways: Way[] = []
    if (j === i + 1) {
      for (const { parent, token, probability } of form.lexical) {
        if (parent === symbol && (tokens[i] === token || tokens[i] === grammar.terminals.length))
          ways.push({ value: weigh(probability), take: () => [token] })
      }
    }
    for (const { parent, left, right, probability } of form.binary) {
      if (parent !== symbol) continue
      for (let k = i + 1; k < j; k++) {
        const both = times(chart.inside(i, k, left), chart.inside(k, j, right))
        if (isZero(both)) continue
        ways.push({
          value: times(weigh(probability), both),
          take: () => [...span(i, k, left), ...span(k, j, right)],
        })
      }
    }
    for (const edge of closure.edges) {
      if (edge.parent !== symbol || isZero(chart.inside(i, j, edge.child))) continue
      ways.push({
        value: times(edge.weight, chart.inside(i, j, edge.child)),
        take: () => {
          const rest = span(i, j, edge.child)
          if (!edge.empty) return rest
          const gone = empty(edge.empty.symbol)
          return edge.empty.side === 'left' ? [...gone, ...rest] : [...rest, ...gone]
        },
      })
    }
    return node(symbol, pick(ways))
  }

  if (n === 0)
    return isZero(closure.empty[grammar.start]!) ? undefined : (empty(grammar.start)[0] as PcfgTree)
  if (isZero(chart.inside(0, n, grammar.start))) return undefined
  return span(0, n, grammar.start)[0] as PcfgTree
}

/** ln of the probability of a tree: the product of its rules, nats. */
export function treeLogProbability(grammar: Pcfg, tree: PcfgTree): number {
  const matching = grammar.rules.filter(
    ({ left, right }) =>
      left === tree.symbol &&
      right.length === tree.children.length &&
      right.every((symbol, i) => {
        const child = tree.children[i]!
        return symbol.kind === 'terminal'
          ? symbol.id === child
          : typeof child !== 'number' && symbol.id === child.symbol
      }),
  )
  const own = Math.log(matching.reduce((sum, { probability }) => sum + probability, 0))
  return tree.children.reduce<number>(
    (sum, child) => (typeof child === 'number' ? sum : sum + treeLogProbability(grammar, child)),
    own,
  )
}
