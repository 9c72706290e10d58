import { logProbabilities } from '../../grammar/rhm/probability.js'
import type { Denoiser } from '../../model/denoiser.js'
import { sample } from '../../model/samplers/sampler.js'
import type { Reference } from '../measures/checkpoint.js'

/** A training string, how likely the grammar makes it, and when samples first repeated it. */
export interface Prototype {
  /** ln p(x) under the grammar, nats. */
  readonly logProbability: number
  /** ln of how many training strings share a level-(L−1) block at its position with it, itself included: how common its parts are. */
  readonly common: number
  /** The first of these checkpoints whose samples hold it; null where none does. */
  readonly firstCopied: number | null
}

/** Which training strings a denoiser's samples repeat: indices into the training strings. */
export async function copiedStrings(
  denoiser: Denoiser,
  against: Reference,
  samples: number,
  seed: string,
): Promise<Set<number>> {
  const tokens = await sample(denoiser, { kind: 'random-order', temperature: 1 }, { count: samples, seed })
  const found = new Set<number>()
  for (let i = 0; i < samples; i++) {
    const at = against.copies.train.find(tokens, i * against.tables.d)
    if (at >= 0) found.add(at)
  }
  return found
}

/**
 * Prototypical memorisation: strings made of common parts are memorised first, and unequal rules delay the rest (arXiv
 * 2605.30642).
 *
 * @param copied per checkpoint, in order of steps, what {@link copiedStrings} found
 */
export function prototypes(
  against: Reference,
  copied: readonly { readonly step: number; readonly strings: ReadonlySet<number> }[],
): Prototype[] {
  const { tables, train } = against
  const logs = logProbabilities(tables, train)
  const length = tables.d / tables.s
  const keyOf = (i: number, node: number) =>
    `${node}:${train.tokens.subarray(i * tables.d + node * length, i * tables.d + (node + 1) * length).join()}`
  const counts = new Map<string, number>()
  for (let i = 0; i < train.count; i++)
    for (let node = 0; node < tables.s; node++)
      counts.set(keyOf(i, node), (counts.get(keyOf(i, node)) ?? 0) + 1)
  return Array.from({ length: train.count }, (_, i) => i)
    .filter((i) => against.copies.train.find(train.tokens, i * tables.d) === i)
    .map((i) => {
      let shared = 0
      for (let node = 0; node < tables.s; node++) shared += counts.get(keyOf(i, node))! / tables.s
      return {
        logProbability: logs[i]!,
        common: Math.log(shared),
        firstCopied: copied.find(({ strings }) => strings.has(i))?.step ?? null,
      }
    })
}
