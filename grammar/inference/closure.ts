import { InputError } from '../../common/error.js'
import type { BinaryForm } from './binary-form.js'
import type { Semiring } from './semiring.js'

/** What needs no tokens, solved once per grammar and semiring. */
export interface Closure<T> {
  /** empty[A]: the sum over derivations of ε from A. */
  readonly empty: readonly T[]
  /** Edges A → B that add no token: unary rules, and binary ones whose other child derives ε. */
  readonly edges: readonly Edge<T>[]
  /** star[B]: every A with the sum over chains of such edges from A down to B; A = B, the empty chain, included. */
  readonly star: readonly (readonly Chain<T>[])[]
}

/** A rule, or what is left of one whose other child derives ε, that adds no token. */
export interface Edge<T> {
  readonly parent: number
  readonly child: number
  readonly weight: T
  /** The child that derives ε and on which side it stands, where the edge is a binary rule. */
  readonly empty?: { readonly symbol: number; readonly side: 'left' | 'right' }
}

/** The sum over chains of edges that end at one symbol, by the symbol where they begin. */
export interface Chain<T> {
  readonly parent: number
  readonly weight: T
}

/**
 * Sums ε-derivations by iteration from zero, and chains of edges by Kleene's algorithm (in the reals it is (I − R)⁻¹).
 * Throws InputError where chains come back to their start with a probability of 1 or more, so that sums diverge.
 */
export function closure<T>(form: BinaryForm, semiring: Semiring<T>): Closure<T> {
  const { size } = form
  const { plus, times, one, fromProbability } = semiring
  const empty = emptySums(form, semiring)

  // 1. Edges that add no token.
  const edges: Edge<T>[] = form.unary.map(({ parent, child, probability }) => ({
    parent,
    child,
    weight: fromProbability(probability),
  }))
  for (const { parent, left, right, probability } of form.binary) {
    const rule = fromProbability(probability)
    const add = (child: number, other: number, side: 'left' | 'right') => {
      if (semiring.isZero(empty[other]!)) return
      edges.push({ parent, child, weight: times(rule, empty[other]!), empty: { symbol: other, side } })
    }
    add(right, left, 'left')
    add(left, right, 'right')
  }

  // 2. Their chains, on the few symbols that have any.
  const involved = [...new Set(edges.flatMap(({ parent, child }) => [parent, child]))]
  const place = new Map(involved.map((symbol, i) => [symbol, i]))
  const n = involved.length
  const matrix = semiring.array(n * n)
  for (const { parent, child, weight } of edges) {
    const at = place.get(parent)! * n + place.get(child)!
    matrix[at] = plus(matrix[at]!, weight)
  }
  for (let k = 0; k < n; k++) {
    const loop = semiring.star(matrix[k * n + k]!)
    if (!semiring.isFinite(loop)) {
      const name = form.grammar.nonterminals[involved[k]!] ?? 'a part of a rule'
      throw new InputError('grammar', name, DIVERGES)
    }
    for (let i = 0; i < n; i++) {
      const first = matrix[i * n + k]!
      if (semiring.isZero(first)) continue
      const around = times(first, loop)
      for (let j = 0; j < n; j++) {
        const second = matrix[k * n + j]!
        if (i !== k && j !== k && !semiring.isZero(second))
          matrix[i * n + j] = plus(matrix[i * n + j]!, times(around, second))
      }
    }
    // Row and column k last, so that the loop above still reads single passes through k.
    for (let i = 0; i < n; i++) if (i !== k) matrix[i * n + k] = times(matrix[i * n + k]!, loop)
    for (let j = 0; j < n; j++) if (j !== k) matrix[k * n + j] = times(loop, matrix[k * n + j]!)
    matrix[k * n + k] = times(matrix[k * n + k]!, loop)
  }
  const star = Array.from({ length: size }, (_, symbol): Chain<T>[] => {
    const j = place.get(symbol)
    if (j === undefined) return [{ parent: symbol, weight: one }]
    return involved.flatMap((parent, i) => {
      const weight = i === j ? plus(one, matrix[i * n + j]!) : matrix[i * n + j]!
      return semiring.isZero(weight) ? [] : [{ parent, weight }]
    })
  })
  return { empty, edges, star }
}

const DIVERGES = 'unary cycles (through ε too) whose probability stays below 1'

/** More rounds than any grammar below its critical point needs. */
const ROUNDS = 20_000

function emptySums<T>(form: BinaryForm, semiring: Semiring<T>): T[] {
  const { plus, times, fromProbability } = semiring
  let sums = semiring.array(form.size)
  for (let round = 0; round < ROUNDS; round++) {
    const next = semiring.array(form.size)
    const add = (parent: number, value: T) => {
      next[parent] = plus(next[parent]!, value)
    }
    for (const { parent, probability } of form.empty) add(parent, fromProbability(probability))
    for (const { parent, child, probability } of form.unary)
      add(parent, times(fromProbability(probability), sums[child]!))
    for (const { parent, left, right, probability } of form.binary)
      add(parent, times(fromProbability(probability), times(sums[left]!, sums[right]!)))
    const changed = [...next.keys()].filter((a) => !semiring.same(next[a]!, sums[a]!))
    // What still grows after every symbol has had its turn grows for ever.
    if (semiring.unbounded !== undefined && round > form.size)
      for (const a of changed) next[a] = semiring.unbounded
    sums = next
    if (changed.length === 0) return sums
  }
  throw new InputError('grammar', form.grammar.nonterminals[form.grammar.start], DIVERGES)
}
