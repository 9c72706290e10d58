import { fileURLToPath } from 'node:url'
import { drawCorpus } from '../../corpus/rhm-corpus.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { network } from '../../model/network.js'
import { initialise, layOut, tensorsOf } from '../../model/parameters.js'
import { batchSource } from '../../train/batches.js'
import { learningRate, runSchema } from '../../run/config.js'

export const STEPS = 200

/** The run behind loss-curve.json: initial weights and batches are functions of its seeds. */
export const config = runSchema.parse({
  grammar: { v: 8, m: 3, s: 2, L: 3, seed: 'curve' },
  corpus: { train: 256, test: 1, seed: 'curve' },
  model: { layers: 2, width: 16, heads: 4, seed: 'curve' },
  optimiser: { learningRate: 0.004, warmup: 20, weightDecay: 0.01 },
  batch: 16,
  steps: STEPS,
  seed: 'curve',
})

const tables = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: 'curve' }))
export const net = network(config.model, { tokens: tables.d, vocabulary: tables.v })
export const layout = layOut(net.parameters)
export const parameters = initialise(layout, config.model.seed)
const { train } = drawCorpus(tables, config.corpus)

/** Batches as a train step of a given chunk size eats them; one chunk by default. */
export const batches = (chunk?: number) => batchSource(config, train, tables.v, chunk)

/** Everything another framework needs to repeat the run, as JSON. */
function dump(): unknown {
  const oneChunk = batches()
  return {
    config: { ...config.model, ...config.optimiser, batch: config.batch, tokens: tables.d, vocabulary: tables.v },
    parameters: [...tensorsOf(layout, parameters)].map(({ spec, data }) => ({
      name: spec.name,
      shape: spec.shape,
      data: Array.from(data),
    })),
    steps: Array.from({ length: STEPS }, (_, i) => {
      const { tokens, rows, targets, weights } = oneChunk(i, 1).arrays
      return {
        learningRate: learningRate(config, i + 1),
        tokens: Array.from(tokens),
        rows: Array.from(rows!),
        targets: Array.from(targets),
        weights: Array.from(weights),
      }
    }),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(JSON.stringify(dump()))
