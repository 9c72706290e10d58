import { InputError } from '../../common/error.js'
import { checkUseful, type Pcfg, type PcfgRule } from './pcfg.js'

/**
 * Reads a grammar given as a JSON object of rules, as layered grammars (arXiv 2305.13673) are often passed on:
 *
 *   { "22": [["21", "20"], ["20", "19", "21"]], "21": [[18, 17]], … }
 *
 * Keys are nonterminals, values their right-hand sides, as lists or as text with spaces; what has no rules is a terminal. Rules of
 * a symbol are equally probable. The start symbol is the one that no rule uses, or the value of "start" or "root"
 * beside "rules". Throws InputError naming what does not fit.
 */
export function parseRulesJson(value: unknown, field = 'grammar'): Pcfg {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(field, value, 'an object of rules')
  const outer = value as Record<string, unknown>
  const rules = (typeof outer.rules === 'object' && outer.rules !== null ? outer.rules : outer) as Record<
    string,
    unknown
  >
  const named = rules === outer ? undefined : (outer.start ?? outer.root)
  const nonterminals = Object.keys(rules)
  const idOf = new Map(nonterminals.map((name, id) => [name, id]))
  const terminalOf = new Map<string, number>()
  const used = new Set<string>()

  const list: PcfgRule[] = nonterminals.flatMap((left) => {
    const rights = rules[left]
    if (!Array.isArray(rights) || rights.length === 0)
      throw new InputError(`${field}.${left}`, rights, 'a list of right-hand sides')
    return rights.map((right: unknown, i) => {
      const names = symbolsOf(right)
      if (!names)
        throw new InputError(
          `${field}.${left}[${i}]`,
          right,
          'a list of symbols, or text with spaces between them',
        )
      return {
        left: idOf.get(left)!,
        right: names.map((name) => {
          const id = idOf.get(name)
          if (id !== undefined) {
            used.add(name)
            return { kind: 'nonterminal' as const, id }
          }
          const known = terminalOf.get(name) ?? terminalOf.size
          terminalOf.set(name, known)
          return { kind: 'terminal' as const, id: known }
        }),
        probability: 1 / rights.length,
      }
    })
  })
  if (list.length === 0) throw new InputError(field, value, 'at least one rule')

  const tops = nonterminals.filter((name) => !used.has(name))
  const start = named === undefined ? tops[0] : String(named)
  if (start === undefined || (named === undefined && tops.length > 1) || !idOf.has(start)) {
    const what = named === undefined ? tops : named
    throw new InputError(
      `${field}.start`,
      what,
      'one start symbol: the only one that no rule uses, or a named one',
    )
  }
  const terminals = [...terminalOf.keys()]
  const grammar: Pcfg = { kind: 'pcfg', nonterminals, terminals, start: idOf.get(start)!, rules: list }
  checkUseful(grammar, field)
  return grammar
}

function symbolsOf(right: unknown): string[] | undefined {
  if (typeof right === 'string') return right.split(/\s+/).filter(Boolean)
  if (!Array.isArray(right)) return undefined
  return right.every((name) => typeof name === 'string' || typeof name === 'number')
    ? right.map(String)
    : undefined
}
