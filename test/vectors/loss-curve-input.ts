import { fileURLToPath } from 'node:url'
import { tensorsOf } from '../../model/parameters.js'
import { assemble } from '../../run/assembly.js'
import { runSchema } from '../../run/config.js'
import { batchSource } from '../../train/batches.js'
import { learningRate, startState } from '../../train/training.js'

export const STEPS = 200

/** The run behind loss-curve.json: initial weights and batches are functions of its seeds. */
const config = runSchema.parse({
  grammar: { v: 8, m: 3, s: 2, L: 3, seed: 'curve' },
  corpus: { train: 256, test: 1, seed: 'curve' },
  model: { layers: 2, width: 16, heads: 4, seed: 'curve' },
  optimiser: { learningRate: 0.004, warmup: 20, weightDecay: 0.01 },
  batch: 16,
  steps: STEPS,
  seed: 'curve',
})

export const { network, process: learned, layout, training } = assemble(config)
export const start = startState(training, config.model.seed)

/** Everything another framework needs to repeat the run, as JSON. */
function dump(): unknown {
  const oneChunk = batchSource(training, config.batch)
  return {
    config: { ...config.model, ...config.optimiser, batch: config.batch, tokens: network.shape.length, vocabulary: network.shape.vocabulary },
    parameters: [...tensorsOf(layout, start.parameters)].map(({ spec, data }) => ({
      name: spec.name,
      shape: spec.shape,
      data: Array.from(data),
    })),
    steps: Array.from({ length: STEPS }, (_, i) => {
      const { tokens, rows, targets, weights } = oneChunk(i, 1).arrays
      return {
        learningRate: learningRate(training, i + 1),
        tokens: Array.from(tokens!),
        rows: Array.from(rows!),
        targets: Array.from(targets!),
        weights: Array.from(weights!),
      }
    }),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(JSON.stringify(dump()))
