import { z } from 'zod'
import { drawSubset, stream } from '../../common/random.js'
import { firstRows, type TokenMatrix } from '../../common/strings.js'
import { revealOrder } from '../../model/processes/absorbing/random-order.js'
import { type ConsistencyIndex, consistencyIndex } from '../oracles/consistency.js'
import type { Measure } from './measure.js'

const schema = z.strictObject({
  sampled: z
    .array(z.number())
    .describe(
      'share of sampling states with k visible tokens that agree with some training string, k = 1..T',
    ),
  fresh: z.array(z.number()).describe('the same of held-out strings with k visible tokens'),
  overlap: z
    .array(z.number().nullable())
    .describe(
      'Ω(k) = (sampled − fresh)/(1 − fresh): 1 on masked training strings, 0 on masked fresh ones, below 0 off the grammar; null where fresh is 1',
    ),
})

/**
 * Whether sampling visits the masked training strings.
 *
 * @useDeclaredType
 */
export type Support = z.output<typeof schema>

export const support: Measure<Support> = {
  version: 1,
  needs: ['masks', 'one-by-one', 'train', 'test'],
  schema,
  prepare({ source: { length, vocabulary }, train, test, config }) {
    const index = consistencyIndex(train!, vocabulary)
    const heldOut = firstRows(test!, config.samples)
    return ({ samples, seed }) =>
      supportRates(index, vocabulary, samples, (i) => revealOrder(seed, i, length), heldOut, config.seed)
  },
  columns: ({ overlap }) => [{ name: 'overlap', value: overlap[Math.ceil(overlap.length / 2) - 1] ?? null }],
}

/**
 * Support rates of one-token-per-call sampling in random order. Its states are the final string seen in the order in which it was
 * filled, and that order is a function of the sampler's seed. Held-out strings are never training strings: where all is visible a
 * perfect generaliser's Ω is its rate of chance copies.
 *
 * @param order position revealed k-th by sample i
 */
export function supportRates(
  index: ConsistencyIndex,
  v: number,
  samples: TokenMatrix,
  order: (sample: number) => Int32Array,
  test: TokenMatrix,
  seed: string,
): Support {
  const { length } = samples
  const sampled = agreeing(index, v, samples, order)
  const random = Int32Array.from({ length })
  const fresh = agreeing(index, v, test, (i) => {
    drawSubset(stream(seed, 'support', i), length, length, random)
    return random
  })
  const overlap = sampled.map((rate, k) => (fresh[k]! < 1 ? (rate - fresh[k]!) / (1 - fresh[k]!) : null))
  return { sampled, fresh, overlap }
}

/** Share of strings that agree with a training string on the first k tokens of their order, k = 1..T. */
function agreeing(
  index: ConsistencyIndex,
  v: number,
  strings: TokenMatrix,
  order: (string: number) => Int32Array,
): number[] {
  const { length, count, tokens } = strings
  const hits = new Int32Array(length)
  const state = new Int32Array(length)
  for (let i = 0; i < count; i++) {
    state.fill(v)
    const positions = order(i)
    for (let k = 0; k < length; k++) {
      state[positions[k]!] = tokens[i * length + positions[k]!]!
      // Once no training string agrees, none will.
      if (index.count(state, 0) === 0) break
      hits[k]!++
    }
  }
  return Array.from(hits, (hit) => hit / count)
}
