import type { Pcfg, PcfgRule } from './pcfg.js'
import { symbolsAt } from './rhm.js'
import type { RhmTables } from './tables.js'

/**
 * A hierarchical grammar as a PCFG over the tokens "0".."v−1": symbol a of level ℓ is called `Lℓ_a`, the start symbol `S` chooses
 * the root. Symbols that no string uses are left out.
 */
export function rhmToPcfg(tables: RhmTables): Pcfg {
  const { L, m, s, v } = tables
  const used: Set<number>[] = Array.from({ length: L + 1 }, () => new Set())
  tables.rootProbability.forEach((p, a) => {
    if (p > 0) used[L]!.add(a)
  })
  for (let level = L; level >= 1; level--) {
    const { rhs, probability } = tables.levels[level]!
    for (const a of used[level]!) {
      for (let rule = a * m; rule < (a + 1) * m; rule++) {
        if (probability[rule] === 0) continue
        for (let i = 0; i < s; i++) used[level - 1]!.add(rhs[rule * s + i]!)
      }
    }
  }
  const nonterminals = ['S']
  const idOf: Map<number, number>[] = used.map(() => new Map())
  for (let level = L; level >= 1; level--) {
    for (let a = 0; a < symbolsAt(tables.grammar, level); a++) {
      if (!used[level]!.has(a)) continue
      idOf[level]!.set(a, nonterminals.length)
      nonterminals.push(`L${level}_${a}`)
    }
  }
  const rules: PcfgRule[] = []
  for (const [a, id] of idOf[L]!)
    rules.push({ left: 0, right: [{ kind: 'nonterminal', id }], probability: tables.rootProbability[a]! })
  for (let level = L; level >= 1; level--) {
    const { rhs, probability } = tables.levels[level]!
    for (const [a, left] of idOf[level]!) {
      for (let rule = a * m; rule < (a + 1) * m; rule++) {
        if (probability[rule] === 0) continue
        const right = Array.from({ length: s }, (_, i) => {
          const child = rhs[rule * s + i]!
          return level === 1
            ? ({ kind: 'terminal', id: child } as const)
            : ({ kind: 'nonterminal', id: idOf[level - 1]!.get(child)! } as const)
        })
        rules.push({ left, right, probability: probability[rule]! })
      }
    }
  }
  return {
    kind: 'pcfg',
    nonterminals,
    terminals: Array.from({ length: v }, (_, a) => String(a)),
    start: 0,
    rules,
  }
}
