import { type Corpus, drawCorpus, type Source } from '../corpus/source.js'
import type { Process } from '../model/denoiser.js'
import { type Network, network } from '../model/network.js'
import { layOut, type ParameterLayout } from '../model/parameters.js'
import { process } from '../model/process.js'
import { tokenObjective } from '../train/objective.js'
import type { Training } from '../train/training.js'
import type { RunConfig } from './config.js'
import { sourceOf } from './source.js'

/** The parts of a run, put together from its configuration; nothing of it is on disk. */
export interface Assembly {
  readonly config: RunConfig
  readonly source: Source
  /** Its strings, drawn when first asked for. */
  corpus(): Corpus
  readonly process: Process
  readonly network: Network
  readonly layout: ParameterLayout
  readonly training: Training
}

/**
 * Puts a run together.
 *
 * @param source where its strings come from, default what the configuration names
 * @throws InputError naming a field that does not fit
 */
export function assemble(config: RunConfig, source: Source = sourceOf(config.grammar)): Assembly {
  const { length, vocabulary } = source
  const learned = process(config.process)
  const built = network(config.model, { length, vocabulary, times: learned.times })
  const layout = layOut(built.parameters)
  let drawn: Corpus | undefined
  const corpus = () => {
    drawn ??= drawCorpus(source, config.corpus)
    return drawn
  }
  const strings = new Int32Array(config.batch * length)
  const { optimiser, ema, steps, batch, accumulate, seed } = config
  return {
    config,
    source,
    corpus,
    process: learned,
    network: built,
    layout,
    training: {
      objective: tokenObjective(built, learned),
      layout,
      optimiser,
      ema,
      steps,
      batch,
      accumulate,
      items: config.corpus.train,
      seed,
      fill(indices, chunk, random, out) {
        const { tokens } = corpus().train
        for (let b = 0; b < batch; b++) {
          const from = indices[b]! * length
          for (let t = 0; t < length; t++) strings[b * length + t] = tokens[from + t]!
        }
        learned.fill({ strings, length, vocabulary, chunk }, random, out)
      },
    },
  }
}
