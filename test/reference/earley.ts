import { type Pcfg, type PcfgTree, rulesByLeft } from '../../grammar/pcfg/pcfg.js'

/** A rule with a dot: the first `dot` symbols are found, in tokens origin..here. Links say how, for the first way found. */
interface Item {
  readonly rule: number
  readonly dot: number
  readonly origin: number
  readonly previous: Item | undefined
  /** What the dot passed last: a token, a finished item, or a tree that derives ε. */
  readonly child: number | Item | PcfgTree | undefined
}

/**
 * One parse tree of a string of token ids under any PCFG, or undefined where the string is not in the language: another way than the
 * span chart's, to compare it with.
 * Earley's algorithm, O(n³); rules of any length, ε and unary cycles included (nullable symbols are passed over when
 * predicted). Probabilities are not consulted, except that rules of probability 0 do not exist.
 */
export function parsePcfgString(grammar: Pcfg, tokens: ArrayLike<number>): PcfgTree | undefined {
  const rules = rulesByLeft(grammar)
  const empty = emptyTrees(grammar)
  const n = tokens.length
  const charts = Array.from({ length: n + 1 }, () => new Map<string, Item>())
  // waiting[i] lists, per nonterminal, the items of chart i whose next symbol it is.
  const waiting = Array.from({ length: n + 1 }, () => new Map<number, Item[]>())

  const add = (at: number, item: Item): void => {
    const key = `${item.rule}/${item.dot}/${item.origin}`
    if (!charts[at]!.has(key)) charts[at]!.set(key, item)
  }
  const advance = (item: Item, child: NonNullable<Item['child']>): Item => ({
    ...item,
    dot: item.dot + 1,
    previous: item,
    child,
  })
  const predict = (at: number, symbol: number): void => {
    for (const rule of rules[symbol]!) {
      if (grammar.rules[rule]!.probability > 0)
        add(at, { rule, dot: 0, origin: at, previous: undefined, child: undefined })
    }
  }

  predict(0, grammar.start)
  for (let here = 0; here <= n; here++) {
    // A Map's iteration meets entries added while it runs: the chart is its own agenda.
    for (const item of charts[here]!.values()) {
      const { left, right } = grammar.rules[item.rule]!
      const next = right[item.dot]
      if (next === undefined) {
        if (item.origin === here) continue // ε was passed over when it was predicted
        for (const parent of waiting[item.origin]!.get(left) ?? []) add(here, advance(parent, item))
      } else if (next.kind === 'terminal') {
        if (here < n && tokens[here] === next.id) add(here + 1, advance(item, next.id))
      } else {
        const list = waiting[here]!.get(next.id)
        if (list) list.push(item)
        else waiting[here]!.set(next.id, [item])
        predict(here, next.id)
        const tree = empty[next.id]
        if (tree) add(here, advance(item, tree))
      }
    }
  }
  if (n === 0) return empty[grammar.start]
  for (const item of charts[n]!.values()) {
    const { left, right } = grammar.rules[item.rule]!
    if (left === grammar.start && item.origin === 0 && item.dot === right.length) return treeOf(grammar, item)
  }
  return undefined
}

function treeOf(grammar: Pcfg, item: Item): PcfgTree {
  const children: (PcfgTree | number)[] = []
  for (let at: Item | undefined = item; at?.child !== undefined; at = at.previous) {
    children.unshift(
      typeof at.child === 'number' || 'symbol' in at.child ? at.child : treeOf(grammar, at.child),
    )
  }
  return { symbol: grammar.rules[item.rule]!.left, children }
}

/** For every nonterminal that derives ε, one tree that does so. */
function emptyTrees(grammar: Pcfg): (PcfgTree | undefined)[] {
  const trees: (PcfgTree | undefined)[] = grammar.nonterminals.map(() => undefined)
  for (let grew = true; grew; ) {
    grew = false
    for (const { left, right, probability } of grammar.rules) {
      if (trees[left] || probability === 0) continue
      if (!right.every((symbol) => symbol.kind === 'nonterminal' && trees[symbol.id])) continue
      trees[left] = { symbol: left, children: right.map((symbol) => trees[symbol.id]!) }
      grew = true
    }
  }
  return trees
}
