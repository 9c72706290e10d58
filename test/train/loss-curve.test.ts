import { expect, test } from 'vitest'
import { LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import { zeros } from '../../model/parameters.js'
import { advance } from '../../train/advance.js'
import { chunkSize } from '../../train/artifacts/batch-gradient.js'
import { trainStepModel } from '../../train/artifacts/train-step.js'
import type { TrainState } from '../../train/checkpoint.js'
import { processOf } from '../../train/config.js'
import { createSession } from '../../train/runtime/session.js'
import golden from '../vectors/loss-curve.json' with { type: 'json' }
import { batches, config, layout, net, parameters, STEPS } from '../vectors/loss-curve-input.js'

async function losses(lowering: Lowering): Promise<number[]> {
  const options = {
    network: net,
    layout,
    optimiser: config.optimiser,
    batch: config.batch,
    ema: false,
    lowering,
    process: processOf(config),
  }
  const source = batches(chunkSize(lowering, config.batch, net.shape.tokens))
  const session = await createSession(trainStepModel(options), 'cpu')
  let state: TrainState = { step: 0, parameters, first: zeros(layout), second: zeros(layout) }
  const curve: number[] = []
  for (let i = 0; i < STEPS; i++) {
    const { next, record } = await advance({ config, layout, network: net }, session, state, 1, source)
    state = next
    curve.push(record.loss)
  }
  await session.release()
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
