import { InputError } from '../../common/error.js'

/** A symbol of a rule: a nonterminal by index, or a terminal by token id. */
export type PcfgSymbol =
  | { readonly kind: 'nonterminal'; readonly id: number }
  | { readonly kind: 'terminal'; readonly id: number }

export interface PcfgRule {
  /** Nonterminal index. */
  readonly left: number
  /** Any length; empty is ε. */
  readonly right: readonly PcfgSymbol[]
  readonly probability: number
}

/** A probabilistic context-free grammar with rules of any length. */
export interface Pcfg {
  readonly kind: 'pcfg'
  readonly nonterminals: readonly string[]
  /** Token id → text. */
  readonly terminals: readonly string[]
  /** Nonterminal index. */
  readonly start: number
  readonly rules: readonly PcfgRule[]
}

/** A derivation tree of a PCFG; leaves are token ids. */
export type PcfgTree = { readonly symbol: number; readonly children: readonly (PcfgTree | number)[] }

/** Rule indices of each nonterminal. */
export function rulesByLeft(grammar: Pcfg): readonly (readonly number[])[] {
  const lists: number[][] = grammar.nonterminals.map(() => [])
  grammar.rules.forEach((rule, index) => {
    lists[rule.left]!.push(index)
  })
  return lists
}

/** Refuses symbols that no derivation from the start can use, and symbols that never end in tokens. */
export function checkUseful(grammar: Pcfg, field = 'grammar'): void {
  const productive = new Set<number>()
  for (let before = -1; before < productive.size; ) {
    before = productive.size
    for (const { left, right, probability } of grammar.rules) {
      if (probability === 0) continue
      if (right.every((symbol) => symbol.kind === 'terminal' || productive.has(symbol.id)))
        productive.add(left)
    }
  }
  const reachable = reachableFromStart(grammar)
  grammar.nonterminals.forEach((name, id) => {
    if (!productive.has(id))
      throw new InputError(field, name, 'a symbol from which some string of tokens can be derived')
    if (!reachable.has(id))
      throw new InputError(field, name, 'a symbol that can be reached from the start symbol')
  })
}

/** Nonterminals that some derivation from the start uses. A Set's iteration meets what is added while it runs. */
function reachableFromStart(grammar: Pcfg): ReadonlySet<number> {
  const reachable = new Set([grammar.start])
  for (const id of reachable) {
    for (const { left, right, probability } of grammar.rules) {
      if (left !== id || probability === 0) continue
      for (const symbol of right) if (symbol.kind === 'nonterminal') reachable.add(symbol.id)
    }
  }
  return reachable
}

/** The grammar without the nonterminals that no derivation from the start reaches, and without rules that are never used. */
export function usefulPart(grammar: Pcfg): Pcfg {
  const reachable = reachableFromStart(grammar)
  const kept = grammar.nonterminals.map((_, id) => id).filter((id) => reachable.has(id))
  const place = new Map(kept.map((id, i) => [id, i]))
  return {
    ...grammar,
    nonterminals: kept.map((id) => grammar.nonterminals[id]!),
    start: place.get(grammar.start)!,
    rules: grammar.rules
      .filter(({ left, probability }) => reachable.has(left) && probability > 0)
      .map(({ left, right, probability }) => ({
        left: place.get(left)!,
        right: right.map((symbol) =>
          symbol.kind === 'terminal' ? symbol : { ...symbol, id: place.get(symbol.id)! },
        ),
        probability,
      })),
  }
}
