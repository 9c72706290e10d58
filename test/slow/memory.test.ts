import { expect, test } from 'vitest'
import { LOWERINGS } from '../../model/graph/graph.js'
import { zeros } from '../../model/parameters.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { createStepper } from '../../train/stepper.js'
import { batches, config, layout, net, parameters } from '../vectors/loss-curve-input.js'

/** Megabytes of resident memory that `calls` calls leave behind, after as many to warm up as a tenth of them. */
async function growth(calls: number, call: (index: number) => Promise<unknown>): Promise<number> {
  for (let i = 0; i < calls / 10; i++) await call(i)
  const before = process.memoryUsage().rss
  for (let i = 0; i < calls; i++) await call(i)
  return (process.memoryUsage().rss - before) / 1e6
}

test('10,000 predictions leave no memory behind', async () => {
  const denoiser = await networkDenoiser(net, parameters, 'cpu')
  const strings = new Int32Array(8 * net.shape.tokens).fill(net.shape.vocabulary)
  expect(await growth(10_000, () => denoiser.logProbabilities(strings))).toBeLessThan(40)
  await denoiser.release()
})

test('10,000 training calls leave no memory behind', async () => {
  const start = { step: 0, parameters, first: zeros(layout), second: zeros(layout) }
  const target = { device: 'cpu', lowering: LOWERINGS.cpu } as const
  const stepper = await createStepper({ config, layout, network: net }, start, batches, target)
  expect(await growth(10_000, () => stepper.advance(1))).toBeLessThan(40)
  await stepper.release()
})
