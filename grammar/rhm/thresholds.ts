import type { HierarchyShape } from './rhm.js'

/**
 * P*_ℓ for ℓ = 1..L, the training strings that level ℓ takes. A learner that reuses the hierarchy needs v·m^(ℓ+1)/(1−f)
 * (v·m/(1−f) at level 1), one that tells raw tuples of tokens apart v·m^(2ℓ−1)/(1−f), with f = m/v^(s−1)
 * (arXiv 2307.02129, 2505.16959). They agree up to level 2.
 *
 * @example
 * ```ts
 * import { dataThresholds } from 'pcfg-diffusion/grammar'
 *
 * const { reuse, raw } = dataThresholds({ v: 8, m: 3, s: 2, L: 3 })
 * // 8·3/(1 − 3/8), then 9 and 27 times that.
 * reuse // → [38.4, 345.6, 1036.8]
 * raw // → [38.4, 345.6, 3110.4]
 * ```
 */
export function dataThresholds({ v, m, s, L }: HierarchyShape): {
  readonly reuse: readonly number[]
  readonly raw: readonly number[]
} {
  const scale = v / (1 - m / v ** (s - 1))
  const levels = Array.from({ length: L }, (_, i) => i + 1)
  return {
    reuse: levels.map((level) => scale * m ** (level === 1 ? 1 : level + 1)),
    raw: levels.map((level) => scale * m ** (2 * level - 1)),
  }
}
