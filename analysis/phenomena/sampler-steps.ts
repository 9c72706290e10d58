import type { Denoiser } from '../../model/denoiser.js'
import { sample } from '../../model/samplers/sampler.js'
import type { Reference } from '../measures/checkpoint.js'
import { measureSamples } from '../measures/samples.js'

/** Samples drawn in some number of steps. */
export interface SamplerPoint {
  /** Steps of the ancestral sampler; the string's length also stands for one token per call. */
  readonly steps: number
  readonly oneByOne: boolean
  readonly copies: number
  readonly memorised: number
  readonly novelValid: number
  /** Node validity of levels 1..L. */
  readonly validity: readonly number[]
}

/** Copies and validity against the number of sampler steps: fewer steps fill more tokens at once, as if they were independent. */
export async function samplerSteps(
  denoiser: Denoiser,
  against: Reference,
  samples: number,
  seed: string,
): Promise<SamplerPoint[]> {
  const { tables, copies: reference } = against
  const grid: number[] = []
  for (let steps = 1; steps <= 4 * tables.d; steps *= 2) grid.push(steps)
  const kinds = [
    ...grid.map((steps) => ({
      steps,
      config: { kind: 'ancestral', steps, grid: 'uniform', temperature: 1 } as const,
    })),
    { steps: tables.d, config: { kind: 'random-order', temperature: 1 } as const },
  ]
  const points: SamplerPoint[] = []
  for (const { steps, config } of kinds) {
    const tokens = await sample(denoiser, config, { count: samples, seed })
    const metrics = measureSamples(tables, { tokens, count: samples, length: tables.d }, reference)
    points.push({
      steps,
      oneByOne: config.kind === 'random-order',
      copies: metrics.copies!.rate,
      memorised: metrics.copies!.memorised,
      novelValid: metrics.novelValid,
      validity: metrics.levels.map((level) => level.nodeValidity),
    })
  }
  return points
}
