import { expect, test } from 'vitest'
import { learningRate, type OptimiserConfig } from '../../train/training.js'

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 }

test('learning rates warm up linearly, then stay or fall to zero along a cosine', () => {
  const rate = (optimiser: OptimiserConfig) => (step: number) => learningRate({ optimiser, steps: 120 }, step)
  const constant = rate({ ...adam, learningRate: 0.1, warmup: 10, schedule: 'constant' })
  expect([1, 5, 10, 11, 120].map(constant)).toEqual([0.01, 0.05, 0.1, 0.1, 0.1])
  const cosine = rate({ ...adam, learningRate: 0.1, warmup: 20, schedule: 'cosine' })
  expect(cosine(70)).toBeCloseTo(0.05, 12)
  expect(cosine(120)).toBeCloseTo(0, 12)
})
