import { InputError } from '../../common/error.js'
import { bracketed } from '../pcfg/bracketed.js'
import type { Pcfg } from '../pcfg/pcfg.js'
import { logProbability } from '../rhm/derivation.js'
import type { RhmTables } from '../rhm/tables.js'
import { bestDerivation } from './derivations.js'
import { editDistances } from './edit-distance.js'
import { pcfgInference } from './pcfg-inference.js'
import { tokenPosterior } from './posterior.js'
import { COUNTING, MIN_PLUS } from './semiring.js'
import { spanChart } from './span-chart.js'
import { fillLeaves, treeSweep } from './tree-sweep.js'

/** A grammar of either kind, with exact answers about partly masked strings of it; V = terminals.length is MASK. */
export interface Language {
  /** Token id → text. */
  readonly terminals: readonly string[]
  /** Tokens per string, where all strings have as many. */
  readonly length: number | undefined
  /** ln P(visible tokens), nats; −∞ where no string of the language agrees. */
  logProbability(tokens: Int32Array): number
  /** Derivations that agree with the visible tokens; INFINITE where there are infinitely many. */
  countParses(tokens: Int32Array): bigint
  /** The most probable of them, in brackets, and ln of its probability. */
  best(tokens: Int32Array): { readonly logProbability: number; readonly tree: string } | undefined
  /** P(token | visible tokens), [n·V]; all 0 where the visible tokens are impossible. */
  marginals(tokens: Int32Array): Float64Array
  /** Substitutions needed, per level 0..L of a hierarchical grammar, or to the language alone; ∞ where no string is as long. */
  editDistances(tokens: Int32Array): number[]
  /** Throws InputError where strings of this length cannot be asked about. */
  checkLength(field: string, length: number): void
}

/** A Random Hierarchy Model: everything on its fixed tree. */
export function hierarchicalLanguage(tables: RhmTables): Language {
  const { d, v, s, L } = tables
  const posterior = tokenPosterior(tables)
  const best = bestDerivation(tables)
  const counts = treeSweep(tables, COUNTING)
  return {
    terminals: Array.from({ length: v }, (_, token) => String(token)),
    length: d,
    logProbability(tokens) {
      const evidence = new Float64Array(1)
      posterior.marginals(tokens, evidence)
      return evidence[0]!
    },
    countParses(tokens) {
      fillLeaves(counts.inside[0]!, COUNTING, tokens, 0, v)
      return counts.up()[0]!
    },
    best(tokens) {
      const derivation = best.complete(tokens, 0)
      if (!derivation) return undefined
      const tree = (level: number, node: number): string => {
        const symbol = derivation.levels[level]![node]!
        if (level === 0) return String(symbol)
        const children = Array.from({ length: s }, (_, i) => tree(level - 1, node * s + i))
        return `(L${level}_${symbol} ${children.join(' ')})`
      }
      return { logProbability: logProbability(tables, derivation), tree: `(S ${tree(L, 0)})` }
    },
    marginals: (tokens) => posterior.marginals(tokens),
    editDistances: (tokens) =>
      editDistances(tables, { tokens, count: 1, length: d }).map((distances) => distances[0]!),
    checkLength(field, length) {
      if (length !== d) throw new InputError(field, `${length} tokens`, `strings of ${d} tokens`)
    },
  }
}

/** Chart cells a string may need: 8 bytes each, and as many again for posteriors. */
const MOST_CELLS = 2 ** 27

/** Any PCFG: everything on spans. */
export function pcfgLanguage(grammar: Pcfg): Language {
  const inference = pcfgInference(grammar)
  const edits = spanChart(grammar, MIN_PLUS)
  const most = Math.floor(Math.sqrt(MOST_CELLS / edits.form.size)) - 1
  return {
    terminals: grammar.terminals,
    length: undefined,
    logProbability: (tokens) => inference.logProbability(tokens),
    countParses: (tokens) => inference.countParses(tokens),
    best(tokens) {
      const found = inference.best(tokens)
      return found && { logProbability: found.logProbability, tree: bracketed(grammar, found.tree) }
    },
    marginals: (tokens) => inference.marginals(tokens),
    editDistances: (tokens) => [edits.up(tokens, (seen, token) => (seen === token ? 0 : 1))],
    checkLength(field, length) {
      if (length > most)
        throw new InputError(field, `${length} tokens`, `at most ${most} tokens for this grammar`)
    },
  }
}
