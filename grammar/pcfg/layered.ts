import { InputError, requireInteger } from '../../common/error.js'
import { stream, uniformInteger } from '../../common/random.js'
import type { Pcfg, PcfgRule } from './pcfg.js'

export interface LayeredOptions {
  /** L: levels of rules; level 0 are the tokens. */
  readonly levels: number
  /** v: symbols per level, and tokens. */
  readonly symbols: number
  /** Rules per symbol by the length of their right-hand side: { 2: m2, 3: m3 } varies trees and string lengths. */
  readonly rules: Readonly<Record<number, number>>
  /**
   * Share of a symbol's rules that take over a right-hand side of another symbol: 0 keeps right-hand sides of a level distinct, so that
   * parsing bottom-up is unambiguous; above 0 strings get several trees.
   */
  readonly overlap?: number
  /** The same rules at every level. */
  readonly repeat?: boolean
  readonly seed: string
}

/** A PCFG of layers: symbols of level ℓ, called `Lℓ_a`, rewrite into symbols of level ℓ−1 (the family of arXiv 2305.13673). */
export interface LayeredGrammar {
  readonly grammar: Pcfg
  /** Nonterminal ids of each level; levels[0] is empty. The start symbol is none of them. */
  readonly levels: readonly (readonly number[])[]
}

/**
 * Draws a layered grammar with uniform rule probabilities. Throws InputError where there are too few right-hand sides.
 *
 * @example
 * ```ts
 * import { layeredGrammar } from 'pcfg-diffusion/grammar'
 *
 * // Every symbol has one rule with two symbols and one with three: strings have 4 to 9 tokens.
 * const { grammar, levels } = layeredGrammar({ levels: 2, symbols: 3, rules: { 2: 1, 3: 1 }, seed: '0' })
 * levels // → [[], [1, 2, 3], [4, 5, 6]]
 * grammar.rules.length // → 15
 * ```
 */
export function layeredGrammar(options: LayeredOptions): LayeredGrammar {
  const { levels: L, symbols: v, rules: byLength, overlap = 0 } = options
  requireInteger('levels', L, 1, 20)
  requireInteger('symbols', v, 1, 1000)
  if (!(overlap >= 0 && overlap <= 1)) throw new InputError('overlap', overlap, 'a share between 0 and 1')
  const lengths = Object.keys(byLength).map(Number)
  const perSymbol = lengths.reduce((sum, length) => sum + byLength[length]!, 0)
  if (perSymbol === 0) throw new InputError('rules', 0, 'at least one rule per symbol')
  for (const length of lengths) {
    if (v * byLength[length]! > v ** length)
      throw new InputError(
        `m${length}`,
        byLength[length],
        `at most ${v ** (length - 1)} rules of length ${length}`,
      )
  }

  const nonterminals = ['S']
  const levels: number[][] = [[]]
  for (let level = 1; level <= L; level++) {
    levels.push(Array.from({ length: v }, (_, a) => nonterminals.length + a))
    for (let a = 0; a < v; a++) nonterminals.push(`L${level}_${a}`)
  }
  const rules: PcfgRule[] = levels[L]!.map((id) => ({
    left: 0,
    right: [{ kind: 'nonterminal', id }],
    probability: 1 / v,
  }))
  for (let level = L; level >= 1; level--) {
    const drawn = drawRules(options, options.repeat ? 'all' : level)
    for (const { symbol, right } of drawn) {
      rules.push({
        left: levels[level]![symbol]!,
        right: right.map((a) =>
          level === 1
            ? ({ kind: 'terminal', id: a } as const)
            : ({ kind: 'nonterminal', id: levels[level - 1]![a]! } as const),
        ),
        probability: 1 / perSymbol,
      })
    }
  }
  const terminals = Array.from({ length: v }, (_, a) => String(a))
  return { grammar: { kind: 'pcfg', nonterminals, terminals, start: 0, rules }, levels }
}

/** One level's rules: distinct right-hand sides dealt to symbols, then some replaced by another symbol's. */
function drawRules(
  { symbols: v, rules: byLength, overlap = 0, seed }: LayeredOptions,
  level: number | string,
): { symbol: number; right: readonly number[] }[] {
  const random = stream(seed, 'layered', level)
  const drawn: { symbol: number; right: readonly number[] }[] = []
  for (const [length, count] of Object.entries(byLength).map(([n, m]) => [Number(n), m] as const)) {
    const taken = new Set<number>()
    for (let symbol = 0; symbol < v; symbol++) {
      for (let rule = 0; rule < count; rule++) {
        let code = uniformInteger(random, v ** length)
        while (taken.has(code)) code = uniformInteger(random, v ** length)
        taken.add(code)
        const right = Array.from({ length }, (_, i) => Math.floor(code / v ** i) % v)
        drawn.push({ symbol, right })
      }
    }
  }
  return drawn.map((own) => {
    if (!(random() < overlap)) return own
    const has = (right: readonly number[]) =>
      drawn.some((other) => other.symbol === own.symbol && other.right.join() === right.join())
    const others = drawn.filter((other) => other.symbol !== own.symbol && !has(other.right))
    return others.length === 0
      ? own
      : { symbol: own.symbol, right: others[uniformInteger(random, others.length)]!.right }
  })
}

/**
 * The layers of a grammar, found from its rules: tokens are level 0, and every right-hand side of a level-ℓ symbol holds symbols of
 * level ℓ−1 only. No layers where some rule mixes levels or a symbol is its own descendant. The start symbol is left out.
 */
export function layersOf(grammar: Pcfg): LayeredGrammar {
  const known = new Map<number, number>()
  const level = (id: number, above: ReadonlySet<number>): number => {
    const found = known.get(id)
    if (found !== undefined) return found
    if (above.has(id)) return Number.NaN
    const path = new Set([...above, id])
    const below = new Set(
      grammar.rules
        .filter(({ left }) => left === id)
        .flatMap(({ right }) =>
          right.map((symbol) => (symbol.kind === 'terminal' ? 0 : level(symbol.id, path))),
        ),
    )
    const own = below.size === 1 ? 1 + [...below][0]! : Number.NaN
    known.set(id, own)
    return own
  }
  const levels: number[][] = [[]]
  for (const [id] of grammar.nonterminals.entries()) {
    const own = level(id, new Set())
    if (Number.isNaN(own)) return { grammar, levels: [[]] }
    if (id === grammar.start) continue
    while (levels.length <= own) levels.push([])
    levels[own]!.push(id)
  }
  return { grammar, levels }
}
