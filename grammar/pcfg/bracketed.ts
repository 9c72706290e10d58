import type { Pcfg, PcfgTree } from './pcfg.js'

/** A tree in brackets: (S (NP the dog) (VP runs)). */
export function bracketed(grammar: Pcfg, tree: PcfgTree): string {
  const parts = tree.children.map((child) =>
    typeof child === 'number' ? grammar.terminals[child]! : bracketed(grammar, child),
  )
  return `(${[grammar.nonterminals[tree.symbol]!, ...parts].join(' ')})`
}
