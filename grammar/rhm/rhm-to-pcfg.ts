import { type Pcfg, type PcfgRule, usefulPart } from '../pcfg/pcfg.js'
import { symbolsAt } from './rhm.js'
import type { RhmTables } from './tables.js'

/**
 * A hierarchical grammar as a PCFG over the tokens "0".."v−1": symbol a of level ℓ is called `Lℓ_a`, the start symbol `S` chooses
 * the root. Symbols that no string uses are left out.
 */
export function rhmToPcfg(tables: RhmTables): Pcfg {
  const { L, m, s, v } = tables
  const nonterminals = ['S']
  // first[ℓ] + a is the id of symbol a of level ℓ.
  const first = new Int32Array(L + 1)
  for (let level = L; level >= 1; level--) {
    first[level] = nonterminals.length
    for (let a = 0; a < symbolsAt(tables, level); a++) nonterminals.push(`L${level}_${a}`)
  }
  const rules: PcfgRule[] = Array.from(tables.rootProbability, (probability, a) => ({
    left: 0,
    right: [{ kind: 'nonterminal', id: first[L]! + a }],
    probability,
  }))
  for (let level = L; level >= 1; level--) {
    const { rhs, probability } = tables.levels[level]!
    probability.forEach((share, rule) => {
      const right = Array.from({ length: s }, (_, i) => {
        const child = rhs[rule * s + i]!
        return level === 1
          ? ({ kind: 'terminal', id: child } as const)
          : ({ kind: 'nonterminal', id: first[level - 1]! + child } as const)
      })
      rules.push({ left: first[level]! + Math.floor(rule / m), right, probability: share })
    })
  }
  const terminals = Array.from({ length: v }, (_, a) => String(a))
  return usefulPart({ kind: 'pcfg', nonterminals, terminals, start: 0, rules })
}
