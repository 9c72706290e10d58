import { describe, expect, test } from 'vitest'
import { batchPart } from '../../model/batch.js'
import { layOut } from '../../model/parameters.js'
import { batchSource } from '../../train/batches.js'
import type { Training } from '../../train/training.js'
import { chiSquareScore } from '../reference/chi-square.js'

/** A training on so many items; its batches are their indices. */
function training(items: number, batch: number, seed: string): Training {
  return {
    objective: {
      parameters: [],
      rowsPerItem: 1,
      inputs: (n) => [batchPart('item', [n])],
      losses: () => {
        throw new Error('no one asks for losses here')
      },
    },
    layout: layOut([]),
    optimiser: {
      learningRate: 1,
      schedule: 'constant',
      warmup: 0,
      beta1: 0,
      beta2: 0,
      epsilon: 1,
      weightDecay: 0,
      clipNorm: 0,
    },
    ema: false,
    steps: 1,
    batch,
    accumulate: 1,
    items,
    seed,
    fill: (indices, _, __, out) => (out.item as Int32Array).set(indices),
  }
}

/** The order of items in each of so many epochs. */
function epochsOf(items: number, batch: number, seed: string, epochs: number): number[][] {
  const { arrays } = batchSource(training(items, batch, seed), batch)(0, (epochs * items) / batch)
  const all = Array.from(arrays.item!)
  return Array.from({ length: epochs }, (_, epoch) => all.slice(epoch * items, (epoch + 1) * items))
}

describe('the order of training items', () => {
  test('holds every item once per epoch, and is another in every epoch and under every seed', () => {
    const orders = ['a', 'b'].flatMap((seed) => epochsOf(60, 12, seed, 40))
    for (const order of orders)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i))
    expect(new Set(orders.map((order) => order.join())).size).toBe(80)
    // Two independent orders have one place in common on average: 80 pairs have 80, with a standard deviation of 9.
    let common = 0
    for (const [i, order] of orders.entries())
      common += order.filter((item, at) => item === orders[(i + 1) % 80]![at]).length
    expect(Math.abs(common - 80)).toBeLessThan(4 * Math.sqrt(80))
  })

  test('brings every item to every place equally often', () => {
    const [items, epochs] = [6, 3000]
    const places = Array.from({ length: items }, () => new Array<number>(items).fill(0))
    for (const order of epochsOf(items, 3, 'places', epochs))
      for (const [at, item] of order.entries()) places[at]![item]!++
    // 6 places, 4 standard deviations: a false alarm in 2 of 10,000 seeds.
    for (const counts of places)
      expect(chiSquareScore([{ counts, probabilities: counts.map(() => 1 / items) }])).toBeLessThan(4)
  })

  test('is a function of the step: a batch is the same wherever the steps before it were made', () => {
    const whole = batchSource(training(10, 4, 'a'), 4)(0, 12).arrays.item!
    for (const first of [0, 3, 7, 11]) {
      const part = batchSource(training(10, 4, 'a'), 4)(first, 12 - first).arrays.item!
      expect(Array.from(part)).toEqual(Array.from(whole.subarray(4 * first)))
    }
  })
})
