import { z } from 'zod'
import type { Denoiser } from '../../model/denoiser.js'
import { sample } from '../../model/samplers/sampler.js'
import type { Subject } from '../measures/measure.js'

export const prototype = z.strictObject({
  logProbability: z.number().describe('ln p(x) under the grammar, nats'),
  common: z
    .number()
    .describe(
      'ln of how many training strings share a level-(L−1) block at its position with it, itself included: how common its parts are',
    ),
  firstCopied: z
    .number()
    .nullable()
    .describe('the first of these checkpoints whose samples hold it; null where none does'),
})

/**
 * A training string, how likely the grammar makes it, and when samples first repeated it.
 *
 * @useDeclaredType
 */
export type Prototype = z.output<typeof prototype>

/** Which training strings a denoiser's samples repeat: indices into the training strings. */
export async function copiedStrings(
  denoiser: Denoiser,
  { known }: Subject,
  samples: number,
  seed: string,
): Promise<Set<number>> {
  const { tokens } = await sample(denoiser, { count: samples, seed })
  const found = new Set<number>()
  for (let i = 0; i < samples; i++) {
    const at = known!.find(tokens, i * denoiser.length)
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
  { source, train, known }: Subject,
  copied: readonly { readonly step: number; readonly strings: ReadonlySet<number> }[],
): Prototype[] {
  const { tokens, count, length: T } = train!
  const { branching } = source.truth.levels!
  const logs = source.truth.logProbabilities!(train!)
  const length = T / branching
  const keyOf = (i: number, node: number) =>
    `${node}:${tokens.subarray(i * T + node * length, i * T + (node + 1) * length).join()}`
  const counts = new Map<string, number>()
  for (let i = 0; i < count; i++)
    for (let node = 0; node < branching; node++)
      counts.set(keyOf(i, node), (counts.get(keyOf(i, node)) ?? 0) + 1)
  return Array.from({ length: count }, (_, i) => i)
    .filter((i) => known!.find(tokens, i * T) === i)
    .map((i) => {
      let shared = 0
      for (let node = 0; node < branching; node++) shared += counts.get(keyOf(i, node))! / branching
      return {
        logProbability: logs[i]!,
        common: Math.log(shared),
        firstCopied: copied.find(({ strings }) => strings.has(i))?.step ?? null,
      }
    })
}
