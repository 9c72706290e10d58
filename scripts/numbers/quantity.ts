import type { RunSummary } from '../../analysis/run-summary.js'
import type { Digest } from './digest.js'

/** What a quantity is asked about: some runs of a study. */
export interface Question {
  readonly runs: readonly RunSummary[]
  digest(): Digest
  /** What stands behind the quantity's name. */
  readonly words: readonly string[]
}

/** A text that documents quote. Throws where the words ask for nothing. */
export type Quantity = (question: Question) => string
