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
  let named: Token | undefined
  text.split(/\r?\n/).forEach((line, index) => {
    const tokens = lex(line, `${field}:${index + 1}`)
    const first = tokens[0]
    if (!first) return
    if (first.kind === 'directive') {
      named = tokens[1]
      if (first.text !== '%start' || named?.kind !== 'symbol' || tokens.length > 2)
        throw new InputError(first.at, line.trim(), '%start SYMBOL')
    } else drafts.push(...readRule(tokens))
  })
  if (drafts.length === 0)
    throw new InputError(field, text, 'at least one rule, such as S -> "a" S [0.5] | "b" [0.5]')

  const nonterminals = [...new Set(drafts.map(({ left }) => left.text))]
  const quoted = drafts.flatMap(({ right }) => right.filter(({ kind }) => kind === 'terminal'))
  const terminals = [...new Set(quoted.map(({ text }) => text))]
  const idOf = ({ text, at }: Token, expected: string): number => {
    const id = nonterminals.indexOf(text)
    if (id < 0) throw new InputError(at, text, expected)
    return id
  }
  const start = named ? idOf(named, 'a start symbol that has rules') : 0
  const symbol = (token: Token): PcfgSymbol =>
    token.kind === 'terminal'
      ? { kind: 'terminal', id: terminals.indexOf(token.text) }
      : { kind: 'nonterminal', id: idOf(token, 'a symbol that has rules, or a quoted terminal') }
  const probabilities = shareOut(drafts, nonterminals)
  const rules: PcfgRule[] = drafts.map(({ left, right }, i) => ({
    left: nonterminals.indexOf(left.text),
    right: right.map(symbol),
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
  /** "field:line:column", 1-based. */
  readonly at: string
}

interface Draft {
  readonly left: Token
  readonly right: readonly Token[]
  readonly probability: number | undefined
}

const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['directive', /%\w+/y],
  ['arrow', /->|→/y],
  ['bar', /\|/y],
  ['probability', /\[([0-9]*\.?[0-9]+|[0-9]+\.)\]/y],
  ['terminal', /'((?:[^'])*)'|"((?:[^"])*)"/y],
  ['symbol', /[\w/][\w/^<>-]*?(?=\s|->|→|\||\[|#|$)/y],
]

/** The tokens of a line, up to a comment. */
function lex(line: string, where: string): Token[] {
  const tokens: Token[] = []
  let column = 0
  while (column < line.length && line[column] !== '#') {
    if (/\s/.test(line[column]!)) {
      column++
      continue
    }
    const at = `${where}:${column + 1}`
    const found = matchAt(line, column)
    if (!found)
      throw new InputError(
        at,
        line.slice(column),
        "a symbol, a 'terminal', ->, | or a [probability] without exponent",
      )
    tokens.push({ kind: found.kind, text: found.text, at })
    column = found.end
  }
  return tokens
}

/** The first pattern that fits at a column. */
function matchAt(line: string, column: number) {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = column
    const match = pattern.exec(line)
    if (match) return { kind, text: match[1] ?? match[2] ?? match[0], end: pattern.lastIndex }
  }
  return undefined
}

function readRule(tokens: readonly Token[]): Draft[] {
  const [left, arrow, ...body] = tokens
  if (left?.kind !== 'symbol') throw new InputError(left!.at, left!.text, 'a rule that begins with a symbol')
  if (arrow?.kind !== 'arrow') throw new InputError((arrow ?? left).at, arrow?.text, '-> after the symbol')
  const drafts: Draft[] = []
  let right: Token[] = []
  let probability: number | undefined
  const close = () => {
    drafts.push({ left, right, probability })
    right = []
    probability = undefined
  }
  for (const token of body) {
    if (token.kind === 'bar') close()
    else if (token.kind === 'probability' && probability === undefined) probability = Number(token.text)
    else if (probability === undefined && (token.kind === 'symbol' || token.kind === 'terminal'))
      right.push(token)
    else throw new InputError(token.at, token.text, '| or the end of the line after a probability')
  }
  close()
  return drafts
}

function shareOut(drafts: readonly Draft[], nonterminals: readonly string[]): number[] {
  const probabilities = new Array<number>(drafts.length)
  for (const name of nonterminals) {
    const own = drafts.flatMap((draft, index) => (draft.left.text === name ? [index] : []))
    const given = own.reduce((sum, i) => sum + (drafts[i]!.probability ?? 0), 0)
    const missing = own.filter((i) => drafts[i]!.probability === undefined)
    const total = missing.length > 0 ? Math.max(given, 1) : given
    if (Math.abs(total - 1) > 0.01)
      throw new InputError(
        drafts[own[0]!]!.left.at,
        given,
        `probabilities of ${name} that sum to 1 within .01`,
      )
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
