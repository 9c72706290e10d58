import { describe, expect, test } from 'vitest'
import { batchPart } from '../../model/batch.js'
import { mul, reduceSum, sub } from '../../model/operators/arithmetic.js'
import { layOut } from '../../model/parameters.js'
import type { Objective } from '../../train/objective.js'
import { createStepper } from '../../train/stepper.js'
import { evaluationParameters, startState, type Training, type TrainState } from '../../train/training.js'
import { runtime } from '../reference/network.js'

/** Squared distance of two parameters, in buckets of their own, from numbers that change from step to step. */
const objective: Objective = {
  parameters: [
    { name: 'a', shape: [1, 3], deviation: 1 },
    { name: 'b', shape: [1, 3], deviation: 1 },
  ],
  rowsPerItem: 1,
  inputs: (items) => [batchPart('x', [items, 3], 'float32')],
  losses(parameters, input) {
    const apart = sub(mul(parameters('a'), parameters('b')), input('x'))
    return reduceSum(mul(apart, apart), [1])
  },
}

const training = (decay: number): Training => ({
  objective,
  layout: layOut(objective.parameters, 3),
  optimiser: {
    learningRate: 0.05,
    schedule: 'constant',
    warmup: 3,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    clipNorm: 0,
  },
  ema: { decay },
  steps: 100,
  batch: 2,
  accumulate: 1,
  items: 6,
  seed: 'average',
  fill(indices, _, random, out) {
    indices.forEach((item, b) => {
      for (let i = 0; i < 3; i++) out.x![3 * b + i] = item + random()
    })
  },
})

const flat = (buckets: readonly Float32Array[]) => buckets.flatMap((data) => Array.from(data))

describe('the moving average of the parameters', () => {
  /** States after every step of a training. */
  const statesOf = async (decay: number, steps: number): Promise<TrainState[]> => {
    const start = startState(training(decay), '0')
    const stepper = await createStepper(training(decay), start, runtime)
    const states = [start]
    for (let step = 0; step < steps; step++) {
      await stepper.advance(1)
      states.push(await stepper.state())
    }
    await stepper.release()
    return states
  }

  test.each([0.5, 0.9, 0.15])(
    'takes the new ones in with weight 1 − min(%d, (1 + t)/(10 + t)) at step t = 1, 2, …',
    async (decay) => {
      const states = await statesOf(decay, 20)
      let average = flat(states[0]!.parameters)
      for (const [t, { parameters, average: kept }] of states.entries()) {
        if (t === 0) continue
        const keep = Math.min(decay, (1 + t) / (10 + t))
        average = flat(parameters).map((p, i) => keep * average[i]! + (1 - keep) * p)
        flat(kept!).forEach((value, i) => {
          expect(value).toBeCloseTo(average[i]!, 5)
        })
        // The parameters move far more than that, so old and new ones are told apart.
        const moved = flat(parameters).map((p, i) => Math.abs(p - flat(states[t - 1]!.parameters)[i]!))
        expect(Math.min(...moved)).toBeGreaterThan(1e-3)
      }
    },
  )

  test('is what is measured, and changes nothing of the training', async () => {
    const [slow, fast] = [await statesOf(0.9, 5), await statesOf(0.1, 5)]
    expect(slow.map(({ parameters }) => parameters)).toEqual(fast.map(({ parameters }) => parameters))
    expect(slow[5]!.average).not.toEqual(fast[5]!.average)
    expect(evaluationParameters(slow[5]!)).toBe(slow[5]!.average)
    const { average, ...without } = slow[5]!
    expect(evaluationParameters(without)).toBe(without.parameters)
  })
})
