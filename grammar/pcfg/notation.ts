import { InputError } from '../../common/error.js'
import { checkUseful, type Pcfg, type PcfgRule, type PcfgSymbol } from './pcfg.js'

/**
 * NLTK's text notation for PCFGs:
 *
 *   %start S
 *   S -> NP VP [0.7] | VP        # a missing probability shares the remainder
 *   NP -> 'the' N
 *
 * Terminals are quoted, `|` separates alternatives, `#` starts a comment, an empty right-hand side is ε,
 * and the start symbol is the first left-hand side unless %start names one. Probabilities of a symbol must
 * sum to 1 within .01 and are then normalised. Throws InputError with line:column.
 *
 * @example
 * ```ts
 * import { parsePcfg } from 'pcfg-diffusion/grammar'
 *
 * const { terminals, rules } = parsePcfg("S -> 'a' S [0.7] | 'b'")
 * terminals // → ["a", "b"]
 * rules.map(({ probability }) => probability) // → [0.7, 0.3]
 * ```
 */
export function parsePcfg(text: string, field = 'grammar'): Pcfg {
  const drafts: Draft[] = []
  let startName: { readonly name: string; readonly at: string } | undefined
  text.split(/\r?\n/).forEach((line, index) => {
    const tokens = lex(line, index + 1, field)
    const first = tokens[0]
    if (!first) return
    if (first.kind === 'directive') {
      const name = tokens[1]
      if (first.text !== '%start' || name?.kind !== 'symbol' || tokens.length > 2) {
        throw new InputError(`${field}:${first.at}`, line.trim(), '%start SYMBOL')
      }
      startName = { name: name.text, at: name.at }
      return
    }
    drafts.push(...readRule(tokens, field))
  })
  if (drafts.length === 0)
    throw new InputError(field, text, 'at least one rule, such as S -> "a" S [0.5] | "b" [0.5]')

  const nonterminals = [...new Set(drafts.map((draft) => draft.left))]
  const terminals = [
    ...new Set(
      drafts.flatMap((draft) => draft.right.flatMap((s) => (s.kind === 'terminal' ? [s.text] : []))),
    ),
  ]
  const start = startName ? nonterminals.indexOf(startName.name) : 0
  if (startName && start < 0)
    throw new InputError(`${field}:${startName.at}`, startName.name, 'a start symbol that has rules')
  const symbol = (token: Token): PcfgSymbol => {
    if (token.kind === 'terminal') return { kind: 'terminal', id: terminals.indexOf(token.text) }
    const id = nonterminals.indexOf(token.text)
    if (id < 0)
      throw new InputError(
        `${field}:${token.at}`,
        token.text,
        'a symbol that has rules, or a quoted terminal',
      )
    return { kind: 'nonterminal', id }
  }
  const probabilities = shareOut(drafts, nonterminals, field)
  const rules: PcfgRule[] = drafts.map((draft, i) => ({
    left: nonterminals.indexOf(draft.left),
    right: draft.right.map(symbol),
    probability: probabilities[i]!,
  }))
  const grammar: Pcfg = { kind: 'pcfg', nonterminals, terminals, start, rules }
  checkUseful(grammar, field)
  return grammar
}

/** Writes a grammar in the same notation; {@link parsePcfg} reads it back to an equal grammar. */
export function formatPcfg(grammar: Pcfg): string {
  const lines = [`%start ${grammar.nonterminals[grammar.start]!}`]
  for (const { left, right, probability } of grammar.rules) {
    const body = right.map((s) =>
      s.kind === 'terminal' ? quote(grammar.terminals[s.id]!) : grammar.nonterminals[s.id]!,
    )
    lines.push([grammar.nonterminals[left]!, '->', ...body, `[${decimal(probability)}]`].join(' '))
  }
  return `${lines.join('\n')}\n`
}

interface Token {
  readonly kind: 'symbol' | 'terminal' | 'arrow' | 'bar' | 'probability' | 'directive'
  readonly text: string
  /** "line:column", 1-based. */
  readonly at: string
}

interface Draft {
  readonly left: string
  readonly right: readonly Token[]
  readonly probability: number | undefined
  readonly at: string
}

const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['directive', /%\w+/y],
  ['arrow', /->|→/y],
  ['bar', /\|/y],
  ['probability', /\[([0-9]*\.?[0-9]+|[0-9]+\.)\]/y],
  ['terminal', /'((?:[^'])*)'|"((?:[^"])*)"/y],
  ['symbol', /[\w/][\w/^<>-]*?(?=\s|->|→|\||\[|#|$)/y],
]

function lex(line: string, lineNumber: number, field: string): Token[] {
  const tokens: Token[] = []
  let column = 0
  while (column < line.length) {
    if (/\s/.test(line[column]!)) {
      column++
      continue
    }
    if (line[column] === '#') break
    const at = `${lineNumber}:${column + 1}`
    let matched = false
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = column
      const match = pattern.exec(line)
      if (!match) continue
      tokens.push({ kind, text: match[1] ?? match[2] ?? match[0], at })
      column = pattern.lastIndex
      matched = true
      break
    }
    if (!matched) {
      throw new InputError(
        `${field}:${at}`,
        line.slice(column),
        "a symbol, a 'terminal', ->, | or a [probability] without exponent",
      )
    }
  }
  return tokens
}

function readRule(tokens: readonly Token[], field: string): Draft[] {
  const [left, arrow, ...body] = tokens
  if (left?.kind !== 'symbol')
    throw new InputError(`${field}:${left!.at}`, left!.text, 'a rule that begins with a symbol')
  if (arrow?.kind !== 'arrow')
    throw new InputError(`${field}:${(arrow ?? left).at}`, arrow?.text, '-> after the symbol')
  const drafts: Draft[] = []
  let right: Token[] = []
  let probability: number | undefined
  const close = (at: string) => {
    drafts.push({ left: left.text, right, probability, at })
    right = []
    probability = undefined
  }
  for (const token of body) {
    if (token.kind === 'bar') close(left.at)
    else if (token.kind === 'probability' && probability === undefined) probability = Number(token.text)
    else if (probability === undefined && (token.kind === 'symbol' || token.kind === 'terminal'))
      right.push(token)
    else
      throw new InputError(`${field}:${token.at}`, token.text, '| or the end of the line after a probability')
  }
  close(left.at)
  return drafts
}

function shareOut(drafts: readonly Draft[], nonterminals: readonly string[], field: string): number[] {
  const probabilities = new Array<number>(drafts.length)
  for (const name of nonterminals) {
    const own = drafts.flatMap((draft, index) => (draft.left === name ? [index] : []))
    const given = own.reduce((sum, i) => sum + (drafts[i]!.probability ?? 0), 0)
    const missing = own.filter((i) => drafts[i]!.probability === undefined)
    const total = missing.length > 0 ? Math.max(given, 1) : given
    if (Math.abs(total - 1) > 0.01) {
      throw new InputError(
        `${field}:${drafts[own[0]!]!.at}`,
        given,
        `probabilities of ${name} that sum to 1 within .01`,
      )
    }
    const share = missing.length > 0 ? Math.max(0, 1 - given) / missing.length : 0
    for (const i of own) probabilities[i] = (drafts[i]!.probability ?? share) / total
  }
  return probabilities
}

function quote(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}

/** The shortest decimal without exponent that reads back to the same number. */
function decimal(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '') : text
}
