import { studentMean } from '../../common/intervals.js'
import type { Interval } from '../../common/statistics.js'
import { censoredLines } from './censored-lines.js'

/** y = exp(intercept)·x^exponent, the mean of the lines of all grammars. */
export interface PowerLaw {
  readonly exponent: number
  readonly intercept: number
  /** 95 % interval over grammars; null where there are too few of them, or too little was seen. */
  readonly interval: Interval | null
  readonly grammars: number
}

/** One run of a law. */
export interface LawPoint {
  readonly x: number
  /** When it struck; where it did not, how long it was watched. 0 has no logarithm: the run is left out, and counts as one that did not strike. */
  readonly y: number
  readonly censored?: boolean
  /** Names its grammar. */
  readonly grammar?: string
}

/** Fewer grammars say nothing about how much they differ. */
export const GRAMMARS = 3
/** An interval needs this share of the runs to have struck: behind more lower bounds than that a line is mostly its model. */
const STRUCK = 0.5
/** And so many in the mean of the grammars: two for each line, the rest for the deviation that they share. */
const STRUCK_EACH = 2.5

/**
 * A line through ln y against ln x per grammar, of greatest likelihood, runs that were only watched without striking counted as
 * lower bounds. What is replicated is the grammar: the exponent is the mean of their slopes, its interval Student's. There is
 * none with fewer than three grammars, where fewer than half of the runs struck, or fewer than 2.5 in the mean of the grammars.
 * Undefined where some grammar struck at fewer than two x, or where the fit did not converge.
 *
 * How often it covers a planted exponent: docs/statistics.md.
 *
 * @example
 * ```ts
 * import { fitPowerLaw } from 'pcfg-diffusion/analysis'
 *
 * const runs = (grammar: string, exponent: number) =>
 *   [16, 64, 256, 1024].map((x) => ({ grammar, x, y: 3 * x ** exponent }))
 * const law = fitPowerLaw([...runs('a', 1.4), ...runs('b', 1.5), ...runs('c', 1.6)])
 * law?.exponent // → 1.500
 * // 4.303 standard errors of .1/√3 to each side.
 * law?.interval // → [1.252, 1.748]
 * ```
 */
export function fitPowerLaw(points: readonly LawPoint[]): PowerLaw | undefined {
  const grammars = [...new Set(points.map(({ grammar }) => grammar))]
  const groups = grammars.map((name) =>
    points
      .filter(({ grammar, y }) => grammar === name && y > 0)
      .map(({ x, y, censored = false }) => ({ x: Math.log(x), y: Math.log(y), censored })),
  )
  const fit = censoredLines(groups)
  if (!fit || groups.length === 0) return undefined
  const struck = groups.flat().filter(({ censored }) => !censored).length
  const enough =
    groups.length >= GRAMMARS && struck >= STRUCK * points.length && struck >= STRUCK_EACH * groups.length
  const { mean, interval } = studentMean(fit.lines.map(({ slope }) => slope))
  return {
    exponent: mean,
    intercept: studentMean(fit.lines.map(({ intercept }) => intercept)).mean,
    interval: enough ? interval : null,
    grammars: grammars.length,
  }
}
