import { clusteredInterval, clusteredRate } from '../../common/intervals.js'
import { type StringSet, stringSet, type TokenMatrix } from '../../common/strings.js'
import type { Levels, Truth } from '../../corpus/truth.js'
import type { Share } from './measure.js'

/** The blocks of training strings, to tell which blocks of samples are pieces of them. */
export interface BlockReference {
  /** sets[ℓ][node]: the level-ℓ blocks that training strings hold at that position, for ℓ = 1..L. */
  readonly sets: readonly (readonly StringSet[])[]
  /** expected[ℓ]: share of a perfect generaliser's level-ℓ blocks that occur there in training. */
  readonly expected: readonly number[]
}

/** Indexes the blocks of a training set. */
export function blockReference(
  levels: Levels,
  blocks: NonNullable<Truth['blocks']>,
  train: TokenMatrix,
): BlockReference {
  const logs = blocks(train)
  const sets: StringSet[][] = [[]]
  const expected = [1]
  for (let level = 1; level <= levels.depth; level++) {
    const nodes = levels.nodes(level)
    let total = 0
    sets.push(
      Array.from({ length: nodes }, (_, node) => {
        const matrix = blocksAt(train, nodes, node)
        const set = stringSet(matrix)
        for (let i = 0; i < train.count; i++) {
          if (set.find(matrix.tokens, i * matrix.length) === i)
            total += Math.exp(logs[level]![i * nodes + node]!)
        }
        return set
      }),
    )
    expected.push(total / nodes)
  }
  return { sets, expected }
}

/** Share of the samples' valid level-ℓ blocks that occur at their position in training; null without any. */
export function blockCopies(
  { sets }: BlockReference,
  level: number,
  samples: TokenMatrix,
  parsed: readonly Int32Array[],
): Share | null {
  const here = parsed[level]!
  const nodes = sets[level]!.length
  const length = samples.length / nodes
  const [valid, copied] = [new Int32Array(samples.count), new Int32Array(samples.count)]
  for (let i = 0; i < samples.count; i++) {
    for (let node = 0; node < nodes; node++) {
      if (here[i * nodes + node]! < 0) continue
      valid[i]!++
      if (sets[level]![node]!.find(samples.tokens, i * samples.length + node * length) >= 0) copied[i]!++
    }
  }
  if (valid.every((n) => n === 0)) return null
  return { rate: clusteredRate(copied, valid).rate, interval: [...clusteredInterval(copied, valid)] }
}

/** Block `node` of `nodes` of every string. */
function blocksAt(strings: TokenMatrix, nodes: number, node: number): TokenMatrix {
  const length = strings.length / nodes
  const tokens = new Int32Array(strings.count * length)
  for (let i = 0; i < strings.count; i++) {
    const from = i * strings.length + node * length
    tokens.set(strings.tokens.subarray(from, from + length), i * length)
  }
  return { tokens, count: strings.count, length }
}
