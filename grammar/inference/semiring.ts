/**
 * A commutative semiring: what inside and outside sums add and multiply. One algorithm then answers many questions
 * (Goodman, Semiring Parsing, 1999). Laws: ⊕ and ⊗ commute and associate, ⊗ distributes, zero annihilates. What else a
 * semiring can do it says by its properties.
 */
export interface Semiring<T> {
  /** For people: nothing depends on it. */
  readonly name: string
  readonly zero: T
  readonly one: T
  plus(a: T, b: T): T
  times(a: T, b: T): T
  /** 1 ⊕ a ⊕ a⊗a ⊕ …: the sum over all lengths of a cycle. */
  star(a: T): T
  /** Whether what `star` gave is a value; where it is not, sums over cycles diverge and the grammar is refused. */
  isFinite(a: T): boolean
  /** What a sum becomes that still grows after every symbol has had its turn. Absent: it is iterated until it stands still. */
  readonly unbounded?: T
  /** What a rule of this probability weighs. */
  fromProbability(p: number): T
  isZero(a: T): boolean
  /** Whether two values are as good as equal: where iterations to a fixed point stop. */
  same(a: T, b: T): boolean
  /** Storage for values, filled with zero. */
  array(length: number): T[]
  /** Divides some neighbouring values by what they have in common, in place, and returns its logarithm. */
  rescale?(values: T[], from: number, count: number): number
}

/** Numbers in typed arrays: the callers only index, fill and read. */
const numbers = (length: number, zero = 0) => new Float64Array(length).fill(zero) as unknown as number[]

const same = (a: number, b: number) => a === b || Math.abs(a - b) <= 1e-15 * Math.abs(a)
const bounded = (a: number) => a < Number.POSITIVE_INFINITY
/** Numbers that are multiplied. */
const common = {
  zero: 0,
  one: 1,
  times: (a: number, b: number) => a * b,
  same,
  isFinite: bounded,
  isZero: (a: number) => a === 0,
  array: (length: number) => numbers(length),
}
/** Their logarithms, which are added. */
const logarithms = {
  zero: Number.NEGATIVE_INFINITY,
  one: 0,
  times: (a: number, b: number) => a + b,
  same,
  isFinite: bounded,
  fromProbability: Math.log,
  isZero: (a: number) => a === Number.NEGATIVE_INFINITY,
  array: (length: number) => numbers(length, Number.NEGATIVE_INFINITY),
}

/** Is there a derivation? 0 or 1. */
export const BOOLEAN: Semiring<number> = {
  ...common,
  // A byte per value: large charts are bound by memory.
  array: (length) => new Uint8Array(length) as unknown as number[],
  name: 'boolean',
  plus: (a, b) => (a > b ? a : b),
  star: () => 1,
  fromProbability: (p) => (p > 0 ? 1 : 0),
}

/** The number of derivations that cannot be counted. */
export const INFINITE = -1n

/** How many derivations? Exact; {@link INFINITE} where a cycle of unary rules makes infinitely many. */
export const COUNTING: Semiring<bigint> = {
  name: 'counting',
  zero: 0n,
  one: 1n,
  plus: (a, b) => (a === INFINITE || b === INFINITE ? INFINITE : a + b),
  times: (a, b) => {
    if (a === 0n || b === 0n) return 0n
    return a === INFINITE || b === INFINITE ? INFINITE : a * b
  },
  star: (a) => (a === 0n ? 1n : INFINITE),
  // Infinitely many is an answer.
  isFinite: () => true,
  unbounded: INFINITE,
  fromProbability: (p) => (p > 0 ? 1n : 0n),
  isZero: (a) => a === 0n,
  same: (a, b) => a === b,
  array: (length) => new Array<bigint>(length).fill(0n),
}

/** With what probability? Underflows below 1e-308: use {@link LOG} for long strings. */
export const REAL: Semiring<number> = {
  ...common,
  name: 'real',
  plus: (a, b) => a + b,
  star: (a) => (a < 1 ? 1 / (1 - a) : Number.POSITIVE_INFINITY),
  fromProbability: (p) => p,
}

/** The same for long strings: what a node's symbols have in common is taken out as a logarithm. */
export const SCALED_REAL: Semiring<number> = {
  ...REAL,
  name: 'scaled real',
  rescale(values, from, count) {
    let sum = 0
    for (let i = from; i < from + count; i++) sum += values[i]!
    if (sum === 0) return 0
    for (let i = from; i < from + count; i++) values[i]! /= sum
    return Math.log(sum)
  },
}

/** ln of the probability, nats. */
export const LOG: Semiring<number> = {
  ...logarithms,
  name: 'log',
  plus: (a, b) => {
    const [high, low] = a > b ? [a, b] : [b, a]
    return low === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high))
  },
  star: (a) => (a < 0 ? -Math.log1p(-Math.exp(a)) : Number.POSITIVE_INFINITY),
}

/** ln of the probability of the best derivation, nats. */
export const MAX: Semiring<number> = {
  ...logarithms,
  name: 'max',
  plus: (a, b) => (a > b ? a : b),
  star: () => 0,
}

/** The least cost; rules cost nothing, leaves say what a token costs. */
export const MIN_PLUS: Semiring<number> = {
  same,
  isFinite: () => true,
  isZero: (a) => a === Number.POSITIVE_INFINITY,
  array: (length) => numbers(length, Number.POSITIVE_INFINITY),
  name: 'min-plus',
  zero: Number.POSITIVE_INFINITY,
  one: 0,
  plus: (a, b) => (a < b ? a : b),
  times: (a, b) => a + b,
  star: () => 0,
  fromProbability: (p) => (p > 0 ? 0 : Number.POSITIVE_INFINITY),
}

/** A probability p and r = −Σ p_i ln p_i over the derivations it sums. */
export interface EntropyValue {
  readonly p: number
  readonly r: number
}

/** Entropy of derivations (the expectation semiring of Li and Eisner, 2009): see {@link derivationEntropy}. */
export const ENTROPY: Semiring<EntropyValue> = {
  name: 'entropy',
  zero: { p: 0, r: 0 },
  one: { p: 1, r: 0 },
  plus: (a, b) => ({ p: a.p + b.p, r: a.r + b.r }),
  times: (a, b) => ({ p: a.p * b.p, r: a.p * b.r + b.p * a.r }),
  // Σ aⁿ = 1/(1 − p), whose r is r/(1 − p)².
  star: ({ p, r }) => ({ p: REAL.star(p), r: r * REAL.star(p) ** 2 }),
  isFinite: ({ p }) => bounded(p),
  fromProbability: (p) => ({ p, r: p > 0 ? -p * Math.log(p) : 0 }),
  isZero: ({ p }) => p === 0,
  same: (a, b) => same(a.p, b.p) && same(a.r, b.r),
  array: (length) => new Array<EntropyValue>(length).fill({ p: 0, r: 0 }),
}

/** Entropy in nats of the derivations that a total of the entropy semiring sums, given that one of them happened. */
export function derivationEntropy({ p, r }: EntropyValue): number {
  return p === 0 ? 0 : r / p + Math.log(p)
}
