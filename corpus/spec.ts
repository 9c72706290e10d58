/** What to draw from a source. Item i of a split is a pure function of (seed, i), however many are drawn. */
export interface CorpusSpec {
  /** P: training strings, duplicates counted. */
  readonly train: number
  /** Q: test strings, disjoint from the training strings. */
  readonly test: number
  readonly seed: string
  /** Draw independently, so that training strings may repeat. Default false: all distinct. */
  readonly replacement?: boolean | undefined
  /** How often each drawn training string stands in the corpus, consecutively. Default 1. */
  readonly duplicates?: number | undefined
  /** Draw twice as many training strings and keep the first or the second half; test strings are in neither. */
  readonly half?: 'first' | 'second' | undefined
}

export type Split = 'train' | 'test'
