import type { Pcfg, PcfgRule, PcfgSymbol } from '../pcfg/pcfg.js'

/**
 * A PCFG with at most two symbols on every right-hand side. Its symbols are the grammar's nonterminals, then one per
 * terminal that stands in a longer rule, then one per proper suffix of a rule of three or more symbols.
 * Nothing is lost: trees of the grammar and trees of this form correspond one to one.
 */
export interface BinaryForm {
  readonly grammar: Pcfg
  /** Symbols in all. */
  readonly size: number
  readonly binary: readonly BinaryRule[]
  readonly unary: readonly UnaryRule[]
  readonly lexical: readonly LexicalRule[]
  readonly empty: readonly EmptyRule[]
}

export interface BinaryRule {
  readonly parent: number
  readonly left: number
  readonly right: number
  readonly probability: number
}

export interface UnaryRule {
  readonly parent: number
  readonly child: number
  readonly probability: number
}

export interface LexicalRule {
  readonly parent: number
  /** Terminal id. */
  readonly token: number
  readonly probability: number
}

export interface EmptyRule {
  readonly parent: number
  readonly probability: number
}

/** Brings a grammar into binary form. Rules of probability 0 are left out. */
export function binaryForm(grammar: Pcfg): BinaryForm {
  const binary: BinaryRule[] = []
  const unary: UnaryRule[] = []
  const lexical: LexicalRule[] = []
  const empty: EmptyRule[] = []
  const named = new Map<string, number>()
  let size = grammar.nonterminals.length
  /** The symbol of a key; a new one is announced to `make`, which gives it its rules. */
  const symbol = (key: string, make: (id: number) => void): number => {
    const known = named.get(key)
    if (known !== undefined) return known
    const id = size++
    named.set(key, id)
    make(id)
    return id
  }
  const part = (one: PcfgSymbol): number =>
    one.kind === 'nonterminal'
      ? one.id
      : symbol(`'${one.id}`, (id) => lexical.push({ parent: id, token: one.id, probability: 1 }))
  const key = (right: PcfgRule['right']) => right.map(({ kind, id }) => `${kind[0]}${id}`).join(' ')
  const pair = (parent: number, right: PcfgRule['right'], probability: number): void => {
    const rest = right.slice(1)
    const tail = rest.length === 1 ? part(rest[0]!) : symbol(key(rest), (id) => pair(id, rest, 1))
    binary.push({ parent, left: part(right[0]!), right: tail, probability })
  }
  for (const { left, right, probability } of grammar.rules) {
    if (probability === 0) continue
    if (right.length === 0) empty.push({ parent: left, probability })
    else if (right.length >= 2) pair(left, right, probability)
    else if (right[0]!.kind === 'terminal') lexical.push({ parent: left, token: right[0]!.id, probability })
    else unary.push({ parent: left, child: right[0]!.id, probability })
  }
  return { grammar, size, binary, unary, lexical, empty }
}
