import { drawCorpus } from '../grammar/corpus.js'
import { randomRhm } from '../grammar/rhm.js'
import { compile } from '../grammar/tables.js'
import { LOWERINGS } from '../model/graph/graph.js'
import { network } from '../model/network.js'
import { initialise, layOut, zeros } from '../model/parameters.js'
import { advance } from './advance.js'
import { trainStepModel } from './artifacts/train-step.js'
import { batchSource } from './batches.js'
import { runSchema } from './config.js'
import { createSession, type Device } from './runtime/session.js'

/**
 * Trains a small network for one step on a device and on the CPU.
 * @returns relative L2 difference of the updated parameters' change
 */
export async function checkOneStep(device: Device): Promise<number> {
  const [reference, other] = [await oneStep('cpu'), device === 'cpu' ? undefined : await oneStep(device)]
  if (!other) return 0
  let [squares, total] = [0, 0]
  reference.change.forEach((value, i) => {
    squares += (value - other.change[i]!) ** 2
    total += value ** 2
  })
  return Math.sqrt(squares / total)
}

async function oneStep(device: Device): Promise<{ change: Float64Array }> {
  const config = runSchema.parse({
    grammar: { v: 8, m: 2, s: 2, L: 3 },
    corpus: { train: 64, test: 1 },
    optimiser: { warmup: 0 },
  })
  const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '0' }))
  const net = network(config.model, { tokens: tables.d, vocabulary: tables.v })
  const layout = layOut(net.parameters)
  const model = trainStepModel({
    network: net,
    layout,
    optimiser: config.optimiser,
    batch: config.batch,
    ema: false,
    lowering: LOWERINGS[device],
  })
  const session = await createSession(model, device)
  const batches = batchSource(config, drawCorpus(tables, config.corpus).train, tables.v)
  const parameters = initialise(layout, '0')
  const state = { step: 0, parameters, first: zeros(layout), second: zeros(layout) }
  const { next } = await advance({ config, layout, network: net }, session, state, 1, batches)
  await session.release()
  return {
    change: Float64Array.from(
      next.parameters.flatMap((values, b) => Array.from(values, (x, i) => x - parameters[b]![i]!)),
    ),
  }
}
