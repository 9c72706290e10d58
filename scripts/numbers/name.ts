import { QUANTITIES } from './quantities.js'
import type { Results } from './study-results.js'

const SIZES: Readonly<Record<string, (P: number, bound: number) => boolean>> = {
  '=': (P, bound) => P === bound,
  '≥': (P, bound) => P >= bound,
  '≤': (P, bound) => P <= bound,
}

/**
 * The text that a name stands for: study, quantity, words of the quantity, and which P, such as `phase ratio τ_2/τ_1 P≥512`.
 * Throws where there is no such thing.
 */
export function textOf(results: Results, name: string): string {
  const [study = '', quantity = '', ...rest] = name.split(' ')
  const read = Object.hasOwn(QUANTITIES, quantity) ? QUANTITIES[quantity] : undefined
  if (!read) throw new Error(`no quantity ${quantity}: one of ${Object.keys(QUANTITIES).join(', ')}`)
  const { runs, digest } = results.of(study)
  const sizes = rest.flatMap((word) => [...word.matchAll(/^P([=≥≤])(\d+)$/g)])
  const chosen = runs.filter(({ P }) => sizes.every(([, sign, bound]) => SIZES[sign!]!(P, Number(bound))))
  if (chosen.length === 0) throw new Error('no runs of such P')
  return read({ runs: chosen, digest, words: rest.filter((word) => !/^P[=≥≤]\d+$/.test(word)) })
}
