import type { Pcfg, PcfgTree } from '../pcfg/pcfg.js'
import type { EmptyRule } from './binary-form.js'
import type { Choose } from './choose.js'
import type { SpanChart } from './span-chart.js'

/**
 * One derivation of the string that a chart has read, chosen from the top: at every symbol one of its ways, by their values.
 * In the max semiring with `largest` it is the best parse, in the reals with `proportional` a draw from the
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
    const add = (rule: EmptyRule, children: readonly number[]) => {
      if (rule.parent !== symbol) return
      const all = children.map((child) => closure.empty[child]!).reduce(times, semiring.one)
      if (isZero(all)) return
      ways.push({ value: times(weigh(rule.probability), all), take: () => children.flatMap(empty) })
    }
    for (const rule of form.empty) add(rule, [])
    for (const rule of form.unary) add(rule, [rule.child])
    for (const rule of form.binary) add(rule, [rule.left, rule.right])
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
