import { InputError, requireInteger } from '../../common/error.js'
import { type Random, stream, uniformInteger } from '../../common/random.js'

/** The numbers of a Random Hierarchy Model that its thresholds depend on. */
export interface HierarchyShape {
  /** Symbols per level below the root, and tokens: 0..v−1. */
  readonly v: number
  /** Rules per symbol. */
  readonly m: number
  /** Branching: symbols on every right-hand side. */
  readonly s: number
  /** Depth; strings have d = s^L tokens. */
  readonly L: number
}

/**
 * The Random Hierarchy Model (arXiv 2307.02129, 2505.16959): a grammar of fixed depth and branching.
 *
 * Levels count from the leaves: level 0 are the tokens, level L is the root. A level-ℓ rule rewrites one
 * level-ℓ symbol into s level-(ℓ−1) symbols. Within a level all right-hand sides are distinct, so every
 * string has at most one parse. This object is the JSON file format.
 */
export interface Rhm extends HierarchyShape {
  readonly kind: 'rhm'
  /** Root symbols. */
  readonly n: number
  /** Root level first. */
  readonly levels: readonly RhmLevel[]
  /** Probability of each root symbol; uniform when absent. */
  readonly root?: readonly number[]
  readonly seed: string
}

export interface RhmLevel {
  /** Counted from the leaves, 1..L. */
  readonly level: number
  /** rules[symbol][rule] is the right-hand side: s symbols of the level below. */
  readonly rules: readonly (readonly (readonly number[])[])[]
  /** probabilities[symbol][rule]; uniform when absent. */
  readonly probabilities?: readonly (readonly number[])[]
}

/** How likely the m rules of a symbol are: uniform, π(r) ∝ (r+1)^−exponent on some levels, or given per level. */
export type RuleWeights =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'zipf'; readonly exponent: number; readonly levels?: readonly number[] | undefined }
  | { readonly kind: 'given'; readonly weights: readonly (readonly number[])[] }

export interface RhmOptions extends HierarchyShape {
  readonly n?: number | undefined
  readonly seed: string
  readonly weights?: RuleWeights | undefined
  /** The same rules at every level; needs n = v. */
  readonly sameRules?: boolean | undefined
}

const MAX_TUPLES = 2 ** 24
const MAX_TOKENS = 2 ** 16

/** Tokens per string, d = s^L. */
export function stringLength(grammar: Pick<HierarchyShape, 's' | 'L'>): number {
  return grammar.s ** grammar.L
}

/** Nodes at a level: s^(L−level). */
export function nodesAt(grammar: Pick<HierarchyShape, 's' | 'L'>, level: number): number {
  return grammar.s ** (grammar.L - level)
}

/** Symbols at a level: n at the root, v below. */
export function symbolsAt(grammar: Pick<Rhm, 'v' | 'n' | 'L'>, level: number): number {
  return level === grammar.L ? grammar.n : grammar.v
}

/** The rules that rewrite level-`level` symbols. */
export function rulesAt(grammar: Rhm, level: number): RhmLevel {
  return grammar.levels[grammar.L - level]!
}

/** Internal nodes of a derivation: (s^L − 1)/(s − 1). */
export function internalNodes(grammar: Pick<HierarchyShape, 's' | 'L'>): number {
  let count = 0
  for (let level = 1; level <= grammar.L; level++) count += nodesAt(grammar, level)
  return count
}

/**
 * Draws a random grammar: per level, the right-hand sides are a uniform sample without replacement from
 * all v^s tuples, dealt m to each symbol. Throws InputError where the sizes do not allow one.
 *
 * @example
 * ```ts
 * import { countStrings, randomRhm } from 'pcfg-diffusion/grammar'
 *
 * const grammar = randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' })
 * grammar.levels[2].rules[0] // → [[3, 5], [4, 0]]
 * countStrings(grammar) // → 1024
 * 8n * 2n ** 7n // → 1024
 * ```
 */
export function randomRhm(options: RhmOptions): Rhm {
  const { v, m, s, L, seed } = options
  const n = options.n ?? v
  checkSizes({ v, m, s, L, n })
  if (options.sameRules && n !== v)
    throw new InputError('n', n, `v = ${v}, for the same rules at every level`)
  const levels: RhmLevel[] = []
  for (let level = L; level >= 1; level--) {
    const symbols = level === L ? n : v
    const tuples = drawTuples(v ** s, symbols * m, stream(seed, 'rules', options.sameRules ? 'all' : level))
    const rules = Array.from({ length: symbols }, (_, symbol) =>
      Array.from({ length: m }, (_, rule) => tupleOf(tuples[symbol * m + rule]!, v, s)),
    )
    const row = weightRow(options.weights ?? { kind: 'uniform' }, level, L, m)
    levels.push(row ? { level, rules, probabilities: rules.map(() => row) } : { level, rules })
  }
  return { kind: 'rhm', v, m, s, L, n, levels, seed }
}

/** Checks an untrusted value and returns it as a grammar. Throws InputError naming the offending field. */
export function parseRhm(value: unknown, field = 'grammar'): Rhm {
  const at = (path: string) => `${field}.${path}`
  if (typeof value !== 'object' || value === null) throw new InputError(field, value, 'a grammar object')
  const g = value as Record<string, unknown>
  if (g.kind !== 'rhm') throw new InputError(at('kind'), g.kind, '"rhm"')
  for (const name of ['v', 'm', 's', 'L', 'n']) requireInteger(at(name), g[name], 1)
  const grammar = value as Rhm
  const { v, m, s, L, n } = grammar
  checkSizes(grammar, at)
  if (typeof grammar.seed !== 'string') throw new InputError(at('seed'), grammar.seed, 'a string')
  requireList(grammar.levels, L, at('levels'), `${L} levels, root first`)
  grammar.levels.forEach((entry, position) => {
    const here = at(`levels[${position}]`)
    if (entry?.level !== L - position)
      throw new InputError(`${here}.level`, entry?.level, `${L - position}, root first`)
    const symbols = symbolsAt(grammar, entry.level)
    requireList(entry.rules, symbols, `${here}.rules`, `${symbols} symbols`)
    const seen = new Map<string, string>()
    entry.rules.forEach((rules, symbol) => {
      requireList(rules, m, `${here}.rules[${symbol}]`, `m = ${m} rules`)
      rules.forEach((rhs, rule) => {
        const path = `${here}.rules[${symbol}][${rule}]`
        requireList(rhs, s, path, `s = ${s} symbols`)
        for (const child of rhs) requireInteger(path, child, 0, v - 1)
        const earlier = seen.get(rhs.join())
        if (earlier)
          throw new InputError(
            path,
            rhs,
            `a right-hand side not already used by ${earlier} (strings must parse one way)`,
          )
        seen.set(rhs.join(), path)
      })
    })
    if (entry.probabilities !== undefined) {
      requireList(entry.probabilities, symbols, `${here}.probabilities`, `${symbols} symbols`)
      entry.probabilities.forEach((row, symbol) => {
        requireDistribution(row, m, `${here}.probabilities[${symbol}]`)
      })
    }
  })
  if (grammar.root !== undefined) requireDistribution(grammar.root, n, at('root'))
  return grammar
}

/** Same rules everywhere below the root: true where each level's probabilities and the root are uniform. */
export function isUniform(grammar: Rhm): boolean {
  return grammar.root === undefined && grammar.levels.every((level) => level.probabilities === undefined)
}

/** Number of strings |X| = n·m^((s^L−1)/(s−1)). */
export function countStrings(grammar: Rhm): bigint {
  return BigInt(grammar.n) * BigInt(grammar.m) ** BigInt(internalNodes(grammar))
}

function checkSizes({ v, m, s, L, n }: HierarchyShape & Pick<Rhm, 'n'>, at = (name: string) => name): void {
  requireInteger(at('v'), v, 2, MAX_TOKENS)
  requireInteger(at('s'), s, 2, 16)
  requireInteger(at('L'), L, 1, 16)
  requireInteger(at('m'), m, 1)
  requireInteger(at('n'), n, 1)
  if (v ** s > MAX_TUPLES) throw new InputError(at('v'), v, `v^s at most ${MAX_TUPLES} (v^s = ${v ** s})`)
  if (s ** L > MAX_TOKENS)
    throw new InputError(at('L'), L, `strings of at most ${MAX_TOKENS} tokens (s^L = ${s ** L})`)
  if (m > v ** (s - 1))
    throw new InputError(at('m'), m, `m ≤ v^(s−1) = ${v ** (s - 1)}, else right-hand sides repeat`)
  if (n * m > v ** s)
    throw new InputError(at('n'), n, `n·m ≤ v^s = ${v ** s}, else root right-hand sides repeat`)
}

function requireList(value: unknown, length: number, field: string, what: string): void {
  if (!Array.isArray(value) || value.length !== length) throw new InputError(field, value, what)
}

function requireDistribution(row: unknown, length: number, field: string): void {
  requireList(row, length, field, `${length} probabilities`)
  const probabilities = row as number[]
  const sum = probabilities.reduce((total, p) => total + p, 0)
  if (probabilities.some((p) => typeof p !== 'number' || !(p >= 0)) || Math.abs(sum - 1) > 1e-9) {
    throw new InputError(field, row, 'non-negative probabilities that sum to 1')
  }
}

/** `count` distinct integers of [0, total), in random order. Floyd's method, then a shuffle. */
function drawTuples(total: number, count: number, random: Random): number[] {
  const chosen = new Set<number>()
  for (let j = total - count; j < total; j++) {
    const candidate = uniformInteger(random, j + 1)
    chosen.add(chosen.has(candidate) ? j : candidate)
  }
  const tuples = [...chosen]
  for (let i = tuples.length - 1; i > 0; i--) {
    const j = uniformInteger(random, i + 1)
    ;[tuples[i], tuples[j]] = [tuples[j]!, tuples[i]!]
  }
  return tuples
}

/** The digits of a base-v code. */
function tupleOf(code: number, v: number, s: number): number[] {
  return Array.from({ length: s }, (_, i) => Math.floor(code / v ** (s - 1 - i)) % v)
}

function weightRow(weights: RuleWeights, level: number, L: number, m: number): number[] | undefined {
  switch (weights.kind) {
    case 'uniform':
      return undefined
    case 'zipf': {
      const { levels } = weights
      if (
        levels &&
        (levels.length === 0 || levels.some((at) => !(Number.isInteger(at) && at >= 1 && at <= L)))
      )
        throw new InputError('zipf levels', levels, `levels from 1 to L = ${L}`)
      if (levels && !levels.includes(level)) return undefined
      if (!Number.isFinite(weights.exponent))
        throw new InputError('zipf', weights.exponent, 'a finite exponent')
      return normalised(Array.from({ length: m }, (_, rank) => (rank + 1) ** -weights.exponent))
    }
    case 'given': {
      const row = weights.weights[L - level]
      if (weights.weights.length !== L || !row || row.length !== m || row.some((w) => !(w >= 0))) {
        throw new InputError(
          'weights',
          weights.weights,
          `${L} rows (root first) of m = ${m} non-negative weights`,
        )
      }
      return normalised(row)
    }
  }
}

function normalised(row: readonly number[]): number[] {
  const sum = row.reduce((total, w) => total + w, 0)
  if (!(sum > 0)) throw new InputError('weights', row, 'at least one positive weight')
  return row.map((w) => w / sum)
}
