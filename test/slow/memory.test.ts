import { expect, test } from 'vitest'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { nodeRuntime } from '../../train/runtime/node.js'
import { createStepper } from '../../train/stepper.js'
import { learned, network, start, training } from '../vectors/loss-curve-input.js'

const runtime = nodeRuntime('cpu')

/** Megabytes of resident memory that `calls` calls leave behind, after as many to warm up as a tenth of them. */
async function growth(calls: number, call: (index: number) => Promise<unknown>): Promise<number> {
  for (let i = 0; i < calls / 10; i++) await call(i)
  const before = process.memoryUsage().rss
  for (let i = 0; i < calls; i++) await call(i)
  return (process.memoryUsage().rss - before) / 1e6
}

test('10,000 predictions leave no memory behind', async () => {
  const denoiser = await networkDenoiser(network, learned, start.parameters, runtime)
  const strings = new Int32Array(8 * network.shape.length).fill(network.shape.vocabulary)
  expect(await growth(10_000, () => denoiser.logProbabilities(strings))).toBeLessThan(40)
  await denoiser.release()
})

test('10,000 training calls leave no memory behind', async () => {
  const stepper = await createStepper(training, start, runtime)
  expect(await growth(10_000, () => stepper.advance(1))).toBeLessThan(40)
  await stepper.release()
})
