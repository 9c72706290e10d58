import { initialise } from '../model/parameters.js'
import { sample } from '../model/samplers/sampler.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import { nodeRuntime } from '../train/runtime/node.js'
import { medianSeconds, type Row } from './measure.js'
import { assemblyOf, SIZES } from './sizes.js'

/** Sampling one token per call. */
export async function benchSampling(): Promise<Row[]> {
  const { network, process: learned, layout } = assemblyOf(SIZES.study!)
  const denoiser = await networkDenoiser(network, learned, initialise(layout, '0'), nodeRuntime('cpu'))
  const count = 2000
  const seconds = await medianSeconds(3, () => sample(denoiser, { count, seed: 'bench' }))
  await denoiser.release()
  return [
    {
      what: 'sampling 10,000 strings one token per call, study size',
      value: ((seconds * 10_000) / count).toFixed(1),
      unit: 's',
      target: '< 3',
    },
  ]
}
