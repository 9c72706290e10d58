import { z } from 'zod'
import type { Denoiser } from '../../model/denoiser.js'
import { ONE_BY_ONE } from '../../model/samplers/config.js'
import { sample } from '../../model/samplers/sampler.js'
import { momentOf, type Subject } from '../measures/measure.js'
import { measuring } from '../record.js'

export const samplerPoint = z.strictObject({
  steps: z.int().describe("of the ancestral sampler; the string's length also stands for one token per call"),
  oneByOne: z.boolean(),
  copies: z.number(),
  memorised: z.number(),
  novelValid: z.number(),
  validity: z.array(z.number()).describe('node validity of levels 1..L'),
})

/**
 * Samples drawn in some number of steps.
 *
 * @useDeclaredType
 */
export type SamplerPoint = z.output<typeof samplerPoint>

/** Copies and validity against the number of sampler steps: fewer steps fill more tokens at once, as if they were independent. */
export async function samplerSteps(
  denoiser: Denoiser,
  subject: Subject,
  samples: number,
  seed: string,
): Promise<SamplerPoint[]> {
  const { length } = denoiser
  const measure = await measuring(subject, ['copies', 'novelty', 'levels'])
  const grid: number[] = []
  for (let steps = 1; steps <= 4 * length; steps *= 2) grid.push(steps)
  const kinds = [
    ...grid.map((steps) => ({
      steps,
      config: { kind: 'ancestral', steps, grid: 'uniform', temperature: 1 } as const,
    })),
    { steps: length, config: ONE_BY_ONE },
  ]
  const points: SamplerPoint[] = []
  for (const { steps, config } of kinds) {
    const drawn = await sample(denoiser, { count: samples, seed, sampler: config })
    const { copies, novelty, levels } = await measure(momentOf(subject, { samples: drawn, seed }))
    points.push({
      steps,
      oneByOne: config.kind === 'random-order',
      copies: copies!.rate,
      memorised: copies!.memorised!,
      novelValid: novelty!.rate,
      validity: levels!.map((level) => level.nodeValidity),
    })
  }
  return points
}
