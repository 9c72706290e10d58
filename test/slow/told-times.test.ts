import { expect, test } from 'vitest'
import { row, tokenMatrix } from '../../common/strings.js'
import { noisyStrings } from '../../grammar/inference/noisy.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { network } from '../../model/network.js'
import { layOut } from '../../model/parameters.js'
import { uniformSchedule } from '../../model/processes/uniform/chain.js'
import { bestAtAnyTime, bestInTime } from '../../model/processes/uniform/optimum.js'
import { uniform } from '../../model/processes/uniform/uniform.js'
import { networkDenoiser } from '../../train/network-denoiser.js'
import { tokenObjective } from '../../train/objective.js'
import { createStepper } from '../../train/stepper.js'
import { evaluationParameters, startState, type Training } from '../../train/training.js'
import { enumerate } from '../reference/enumeration.js'
import { runtime } from '../reference/network.js'
import { noisyLanguage } from '../reference/noisy-language.js'
import { chainOf } from '../reference/uniform-chain.js'

const CHAIN = { kind: 'uniform', steps: 8, first: 0.05, last: 0.7 } as const
const tables = compile(randomRhm({ v: 3, m: 2, s: 2, L: 2, seed: '1' }))
const { d: T, v: V } = tables
const language = enumerate(tables)
const strings = tokenMatrix(language.strings, T)
const known = noisyLanguage(language, chainOf(CHAIN, V), T)

/** The exact expected bound of a network that was trained on all strings of the language. */
async function learnedBound(time: boolean): Promise<number> {
  const process = uniform({ ...CHAIN, time })
  const sizes = { kind: 'transformer', layers: 2, width: 32, heads: 4, mlpRatio: 4 } as const
  const net = network(sizes, { length: T, vocabulary: V, times: process.times })
  const layout = layOut(net.parameters)
  const training: Training = {
    objective: tokenObjective(net, process),
    layout,
    optimiser: {
      learningRate: 5e-3,
      schedule: 'cosine',
      warmup: 50,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
    },
    ema: false,
    steps: 3000,
    batch: 96,
    accumulate: 1,
    items: strings.count,
    seed: 'told',
    fill(indices, chunk, random, out) {
      const picked = tokenMatrix(
        Array.from(indices, (i) => row(strings, i)),
        T,
      ).tokens
      process.fill({ strings: picked, length: T, vocabulary: V, chunk }, random, out)
    },
  }
  const stepper = await createStepper(training, startState(training, 'told'), runtime, () => {})
  for (let call = 0; call < 30; call++) await stepper.advance(training.steps / 30)
  const learned = await networkDenoiser(net, process, evaluationParameters(await stepper.state()), runtime)
  await stepper.release()
  const predictions = await Promise.all(
    known.times.map(async (t) => {
      const logs = await learned.logProbabilities(known.strings, new Int32Array(known.count).fill(t))
      return logs.map(Math.exp)
    }),
  )
  await learned.release()
  return known.bound((t) => predictions[t - 1]!)
}

test('a network that is told the time learns what none can that is not', async () => {
  const schedule = uniformSchedule(CHAIN)
  const noisy = noisyStrings(tables)
  const inTime = bestInTime(schedule, noisy)
  const anyTime = bestAtAnyTime(schedule, noisy, T)(known.strings)
  const told = known.bound((t) => inTime(known.strings, new Int32Array(known.count).fill(t)))
  const untold = known.bound(() => anyTime)
  const [knows, guesses] = [await learnedBound(true), await learnedBound(false)]
  expect(knows).toBeGreaterThan(told)
  expect(knows).toBeLessThan(untold)
  expect(guesses).toBeGreaterThan(untold)
  expect(guesses).toBeLessThan(untold + 0.1)
})
