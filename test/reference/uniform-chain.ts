import type { UniformConfig } from '../../model/processes/uniform/chain.js'

export type Matrix = readonly (readonly number[])[]

/** The chain as arXiv 2107.03006 writes it, by products of transition matrices: β_t linear from the first to the last step. */
export function chainOf({ steps, first, last }: UniformConfig, V: number) {
  const states = Array.from({ length: V }, (_, a) => a)
  const square = (at: (a: number, b: number) => number): Matrix =>
    states.map((a) => states.map((b) => at(a, b)))
  const sum = (at: (a: number) => number) => states.reduce((total, a) => total + at(a), 0)
  const beta = (t: number) => first + (last - first) * ((t - 1) / (steps - 1))
  /** one[t][a][b] = q(x_t = b | x_{t−1} = a). */
  const one = Array.from({ length: steps + 1 }, (_, t) =>
    t === 0 ? [] : square((a, b) => beta(t) / V + (a === b ? 1 - beta(t) : 0)),
  )
  /** all[t][a][b] = q(x_t = b | x_0 = a). */
  const all: Matrix[] = [square((a, b) => (a === b ? 1 : 0))]
  for (let t = 1; t <= steps; t++)
    all.push(square((a, b) => sum((c) => all[t - 1]![a]![c]! * one[t]![c]![b]!)))
  /** p(x_{t−1} | x_t) by Bayes' rule from probabilities of x_0. */
  const back = (t: number, current: number, start: readonly number[]) => {
    const joint = states.map((b) => one[t]![b]![current]! * sum((a) => start[a]! * all[t - 1]![a]![b]!))
    const total = sum((b) => joint[b]!)
    return joint.map((p) => p / total)
  }
  const only = (token: number) => states.map((a) => (a === token ? 1 : 0))
  /** KL(q(x_{t−1} | x_t, x_0) ‖ p(x_{t−1} | x_t)). */
  const divergence = (t: number, current: number, token: number, start: readonly number[]) => {
    const [q, p] = [back(t, current, only(token)), back(t, current, start)]
    return sum((b) => (q[b]! > 0 ? q[b]! * Math.log(q[b]! / p[b]!) : 0))
  }
  return { states, sum, beta, one, all, back, divergence }
}
