import type { RunSummary } from '../../analysis/run-summary.js'
import type { Digest } from './digest.js'

/** What a quantity is asked about: some runs of a study. */
export interface Question {
  readonly runs: readonly RunSummary[]
  /** Whether these are all runs of the study. */
  readonly every: boolean
  digest(): Digest
  /** What stands behind the quantity's name. */
  readonly words: readonly string[]
}

/** A text that documents quote. Throws where the words ask for nothing. */
export type Quantity = (question: Question) => string

/** Throws where there is nothing. */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what} there`)
  return value
}

/** An entry of a table by its name. Throws where there is none. */
export function entry<T>(table: Readonly<Record<string, T>>, name: string): NonNullable<T> {
  return found(Object.hasOwn(table, name) ? table[name] : undefined, name) as NonNullable<T>
}
