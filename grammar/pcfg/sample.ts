import { InputError } from '../../common/error.js'
import type { Random } from '../../common/random.js'
import { type Pcfg, type PcfgRule, type PcfgTree, rulesByLeft } from './pcfg.js'

/**
 * Draws one derivation tree from a PCFG. The stack is explicit, so deep recursion is safe.
 * Throws InputError where the derivation outgrows `maxTokens` (a grammar of infinite expected length).
 */
export function samplePcfg(grammar: Pcfg, random: Random, maxTokens = 100_000): PcfgTree {
  const rules = rulesByLeft(grammar)
  interface Open {
    symbol: number
    children: (PcfgTree | number)[]
    pending: PcfgRule['right']
  }
  let steps = 0
  const open = (symbol: number): Open => {
    if (++steps > maxTokens)
      throw new InputError(
        'maxTokens',
        maxTokens,
        'a grammar whose derivations end sooner, or a larger limit',
      )
    const own = rules[symbol]!
    let u = random()
    const chosen = own.find((index) => {
      u -= grammar.rules[index]!.probability
      return u < 0
    })
    return { symbol, children: [], pending: grammar.rules[chosen ?? own.at(-1)!]!.right }
  }
  const stack = [open(grammar.start)]
  for (;;) {
    const top = stack[stack.length - 1]!
    const next = top.pending[top.children.length]
    if (next === undefined) {
      stack.pop()
      const parent = stack[stack.length - 1]
      const tree = { symbol: top.symbol, children: top.children }
      if (!parent) return tree
      parent.children.push(tree)
    } else if (next.kind === 'terminal') top.children.push(next.id)
    else stack.push(open(next.id))
  }
}

/** Tokens of a tree, left to right. */
export function yieldOf(tree: PcfgTree): number[] {
  const tokens: number[] = []
  const stack: (PcfgTree | number)[] = [tree]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (typeof node === 'number') tokens.push(node)
    else for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]!)
  }
  return tokens
}
