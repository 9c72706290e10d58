import type { GrammarMean } from '../../analysis/laws/clock-means.js'
import type { Interval } from '../../common/statistics.js'

/** How documents write numbers. */

/** 12,701 */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** 42.8 %, and 0.01 % where one digit would say nothing. */
export function percent(share: number): string {
  const value = 100 * share
  return `${minus(value.toFixed(value !== 0 && Math.abs(value) < 0.095 ? 2 : 1))} %`
}

/** −0.03 */
export function decimal(value: number, digits: number): string {
  return minus(value.toFixed(digits))
}

/** A minus sign instead of a hyphen. */
export function minus(text: string): string {
  return text.replace(/-(?=[\d.])/g, '−')
}

/** [3.4, 4.8] */
export function interval(ends: Interval, write: (value: number) => string): string {
  return `[${ends.map(write).join(', ')}]`
}

/** 4.0 [3.4, 4.8]; where some runs lack it, how many have it. */
export function mean(value: GrammarMean, write: (value: number) => string): string {
  if (value.mean === undefined) return `${value.reached} of ${value.runs}`
  return value.interval ? `${write(value.mean)} ${interval(value.interval, write)}` : write(value.mean)
}

/** τ₁ */
export function subscripts(text: string): string {
  return text.replace(/_(\d)/g, (_, digit: string) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]!)
}

/** 32, 128 and 512 */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
