import { clusteredWilson, type Interval, wilson } from '../../common/statistics.js'
import { type StringSet, stringSet, type TokenMatrix } from '../../common/strings.js'
import { blockLogProbabilities } from '../../grammar/rhm/probability.js'
import { nodesAt } from '../../grammar/rhm/rhm.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'

/** What copying is measured against; depends on grammar and training strings only, so it is made once per run. */
export interface CopyReference {
  readonly train: StringSet
  /** c0: the copy rate of a perfect generaliser, Σ p(x) over distinct training strings. */
  readonly expected: number
  /** blocks[ℓ][node]: the level-ℓ blocks that training strings hold at that position, for ℓ = 1..L. */
  readonly blocks: readonly (readonly StringSet[])[]
  /** expectedBlocks[ℓ]: share of a perfect generaliser's level-ℓ blocks that occur there in training. */
  readonly expectedBlocks: readonly number[]
}

/** Indexes the training strings and their blocks. */
export function copyReference(tables: RhmTables, train: TokenMatrix): CopyReference {
  const logs = blockLogProbabilities(tables, train)
  const blocks: StringSet[][] = [[]]
  const expectedBlocks = [1]
  for (let level = 1; level <= tables.L; level++) {
    const nodes = nodesAt(tables, level)
    let total = 0
    const sets = Array.from({ length: nodes }, (_, node) => {
      const matrix = blocksAt(tables, train, level, node)
      const set = stringSet(matrix)
      for (let i = 0; i < train.count; i++) {
        if (set.find(matrix.tokens, i * matrix.length) === i)
          total += Math.exp(logs[level]![i * nodes + node]!)
      }
      return set
    })
    blocks.push(sets)
    expectedBlocks.push(total / nodes)
  }
  return { train: blocks[tables.L]![0]!, expected: expectedBlocks[tables.L]!, blocks, expectedBlocks }
}

export interface CopyMetrics {
  /** Share of samples equal to any training string. */
  readonly rate: number
  readonly interval: Interval
  readonly expected: number
  /** ρ = (copies − c0·valid)/(1 − c0): the share drawn from memory, chance copies taken out. */
  readonly memorised: number
  /** The interval of ρ that follows from the interval of the copy rate. */
  readonly memorisedInterval: Interval
}

/** Exact copies among samples. `isCopy[i]` is 1 where sample i is a training string. */
export function copyMetrics(reference: CopyReference, isCopy: Uint8Array, validStrings: number): CopyMetrics {
  const n = isCopy.length
  const copies = isCopy.reduce((sum, copy) => sum + copy, 0)
  const c0 = reference.expected
  const memorised = (rate: number) => (c0 < 1 ? (rate - c0 * (validStrings / n)) / (1 - c0) : 1)
  const interval = wilson(copies, n)
  return {
    rate: copies / n,
    interval,
    expected: c0,
    memorised: memorised(copies / n),
    memorisedInterval: [memorised(interval[0]), memorised(interval[1])],
  }
}

/** Which samples are training strings. */
export function findCopies(reference: CopyReference, samples: TokenMatrix): Uint8Array {
  return Uint8Array.from({ length: samples.count }, (_, i) =>
    reference.train.find(samples.tokens, i * samples.length) >= 0 ? 1 : 0,
  )
}

/** A share with its interval over strings. */
export interface Share {
  readonly rate: number
  readonly interval: Interval
}

/** Share of the samples' valid level-ℓ blocks that occur at their position in training, for ℓ = 1..L; null without any. */
export function blockCopyRates(
  tables: RhmTables,
  reference: CopyReference,
  samples: TokenMatrix,
  parsed: readonly Int32Array[],
): (Share | null)[] {
  return Array.from({ length: tables.L }, (_, index) => {
    const level = index + 1
    const nodes = nodesAt(tables, level)
    const length = tables.s ** level
    const [valid, copied] = [new Int32Array(samples.count), new Int32Array(samples.count)]
    for (let i = 0; i < samples.count; i++) {
      for (let node = 0; node < nodes; node++) {
        if (parsed[level]![i * nodes + node]! < 0) continue
        valid[i]!++
        const at = i * samples.length + node * length
        if (reference.blocks[level]![node]!.find(samples.tokens, at) >= 0) copied[i]!++
      }
    }
    const total = valid.reduce((sum, n) => sum + n, 0)
    if (total === 0) return null
    return { rate: copied.reduce((sum, n) => sum + n, 0) / total, interval: clusteredWilson(copied, valid) }
  })
}

function blocksAt(tables: RhmTables, strings: TokenMatrix, level: number, node: number): TokenMatrix {
  const length = tables.s ** level
  const tokens = new Int32Array(strings.count * length)
  for (let i = 0; i < strings.count; i++) {
    const from = i * strings.length + node * length
    tokens.set(strings.tokens.subarray(from, from + length), i * length)
  }
  return { tokens, count: strings.count, length }
}
