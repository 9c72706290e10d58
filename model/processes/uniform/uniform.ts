import { batchPart } from '../../batch.js'
import type { Process } from '../../denoiser.js'
import { reshape } from '../../operators/arithmetic.js'
import { weightedPosteriorDivergence } from '../../operators/posterior-divergence.js'
import { asColumn } from '../../operators/shape.js'
import { corruptBatch } from './batch.js'
import { uniformBound } from './bound.js'
import { type UniformConfig, uniformSchedule } from './chain.js'
import { uniformFloor } from './floor.js'
import { reverseChainSample } from './reverse-chain.js'

/** Tokens turn into uniformly random ones over a chain of steps, D3PM (arXiv 2107.03006). Networks are told the time where the configuration says so. */
export function uniform(config: UniformConfig): Process {
  const schedule = uniformSchedule(config)
  const process: Process = {
    name: 'to undo uniform noise',
    fillsMasks: false,
    boundOver: 'times',
    lag: 0,
    ...(config.time ? { times: config.steps } : {}),
    parts: (length, strings) => [
      batchPart('tokens', [length, strings]),
      batchPart('targets', [length * strings]),
      batchPart('weights', [length * strings], 'float32'),
      batchPart('levels', [length * strings, 2], 'float32'),
      ...(config.time ? [batchPart('times', [strings])] : []),
    ],
    fill: (clean, random, out) => corruptBatch(schedule, clean, random, out),
    chosen: () => undefined,
    losses(logits, input, { length, strings }) {
      const [targets, weights] = [input('targets'), asColumn(input('weights'))]
      const current = reshape(input('tokens'), [length * strings])
      return weightedPosteriorDivergence(logits, current, targets, input('levels'), weights)
    },
    unread({ sampler, exact }) {
      const own = 'this network undoes noise step by step'
      if (sampler.kind !== 'random-order') return ['sampler', sampler.kind, `none: ${own}`]
      if (sampler.temperature !== 1) return ['sampler.temperature', sampler.temperature, `1: ${own}`]
      return exact ? ['exact', exact, `false: ${own}`] : undefined
    },
    sample: (denoiser, strings, first, options) =>
      reverseChainSample(denoiser, strings, first, schedule, options),
    bound: (denoiser, strings, seed) => uniformBound(denoiser, schedule, strings, seed),
    floor: (truth, strings, seed) => uniformFloor(process, schedule, truth, strings, seed),
  }
  return process
}
