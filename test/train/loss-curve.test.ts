import { expect, test } from 'vitest'
import { LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import { nodeRuntime } from '../../train/runtime/node.js'
import { createStepper } from '../../train/stepper.js'
import golden from '../vectors/loss-curve.json' with { type: 'json' }
import { STEPS, start, training } from '../vectors/loss-curve-input.js'

async function losses(lowering: Lowering): Promise<number[]> {
  const stepper = await createStepper(training, start, nodeRuntime('cpu', lowering))
  const curve: number[] = []
  for (let i = 0; i < STEPS; i++) curve.push((await stepper.advance(1)).loss)
  await stepper.release()
  return curve
}

// In four chunks of four strings: gradients summed over an inner loop.
const graphs = { ...LOWERINGS, 'chunked cpu': { ...LOWERINGS.cpu, chunkRows: 32 } }

test.each(Object.entries(graphs))(
  "200 losses of the %s graph equal PyTorch's in float64 within 1e-5",
  async (_, lowering) => {
    const curve = await losses(lowering)
    const worst = Math.max(...curve.map((loss, i) => Math.abs(loss - golden.losses[i]!) / golden.losses[i]!))
    expect(golden.losses.length).toBe(200)
    expect(worst).toBeLessThan(1e-5)
  },
)
