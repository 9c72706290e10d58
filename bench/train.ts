import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { initialise } from '../model/parameters.js'
import { sample } from '../model/samplers/sampler.js'
import { type Assembly, assemble } from '../run/assembly.js'
import { runSchema } from '../run/config.js'
import { networkDenoiser } from '../train/network-denoiser.js'
import { nodeRuntime } from '../train/runtime/node.js'
import { createStepper } from '../train/stepper.js'
import { startState } from '../train/training.js'
import { medianSeconds, type Row } from './measure.js'

/** Sizes at which steps are timed: T tokens, B strings, D wide, and so on. */
const SIZES = {
  study: { v: 8, m: 3, L: 3, batch: 32, width: 32, layers: 2, steps: 640, target: '≥ 3×' },
  'quick preset': { v: 8, m: 2, L: 4, batch: 32, width: 32, layers: 2, steps: 320, target: '' },
  tiny: { v: 32, m: 4, L: 3, batch: 128, width: 64, layers: 2, steps: 96, target: '≥ 1.6×' },
  small: { v: 64, m: 4, L: 4, batch: 256, width: 128, layers: 4, steps: 2, target: '≥ 1.1×' },
  medium: { v: 256, m: 4, L: 6, batch: 64, width: 256, layers: 6, heads: 8, steps: 1, target: '≥ 0.85×' },
} as const

type Size = (typeof SIZES)[keyof typeof SIZES] & { readonly heads?: number }

const ROUNDS = 15

/** Our training step, interleaved with PyTorch's where a Python with torch is given; and sampling. */
export async function benchTrain(torch: string | undefined): Promise<Row[]> {
  const rows: Row[] = []
  for (const [name, size] of Object.entries<Size>(SIZES)) {
    const ours = await ourStepper(size)
    const peer = torch ? await torchStepper(torch, size) : undefined
    await ours.run()
    await peer?.run()
    const pairs: [number, number][] = []
    for (let round = 0; round < ROUNDS; round++)
      pairs.push([await ours.run(), peer ? await peer.run() : Number.NaN])
    await ours.stop()
    await peer?.stop()
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
    const ratios = pairs.map(([a, b]) => b / a)
    const spread = peer
      ? `; PyTorch ${median(pairs.map(([, b]) => b)).toFixed(2)}, ratio ${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}, ${Math.max(...ratios).toFixed(2)}]`
      : ''
    rows.push({
      what: `training step, ${name}`,
      value: `${median(pairs.map(([a]) => a)).toFixed(2)}${spread}`,
      unit: 'ms',
      target: size.target,
    })
  }
  rows.push(await benchSampling())
  return rows
}

interface Timed {
  /** Milliseconds per optimiser step over one call. */
  run(): Promise<number>
  stop(): Promise<void>
}

function problem(size: Size): Assembly {
  const config = runSchema.parse({
    grammar: { v: size.v, m: size.m, s: 2, L: size.L, seed: 'bench' },
    corpus: { train: 512, test: 1 },
    model: { layers: size.layers, width: size.width, heads: size.heads ?? 4 },
    batch: size.batch,
  })
  return assemble(config)
}

async function ourStepper(size: Size): Promise<Timed> {
  const { training } = problem(size)
  const stepper = await createStepper(training, startState(training, '0'), nodeRuntime('cpu'))
  return {
    async run() {
      const started = performance.now()
      await stepper.advance(size.steps)
      return (performance.now() - started) / size.steps
    },
    stop: () => stepper.release(),
  }
}

/** The peer trains the same network on random batches of the same shape, one thread, and answers one line per request. */
async function torchStepper(python: string, size: Size): Promise<Timed> {
  const script = join(process.cwd(), 'bench/peers/torch_step.py')
  const d = 2 ** size.L
  const child = spawn(
    python,
    [script, ...[d, size.batch, size.width, size.layers, size.heads ?? 4, size.v, size.steps].map(String)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  let answer: ((line: string) => void) | undefined
  let fail: ((error: Error) => void) | undefined
  child.once('close', () => fail?.(new Error(`${python} ended early`)))
  let buffered = ''
  child.stdout.on('data', (chunk: Buffer) => {
    buffered += chunk.toString()
    const end = buffered.indexOf('\n')
    if (end < 0) return
    const line = buffered.slice(0, end)
    buffered = buffered.slice(end + 1)
    answer?.(line)
  })
  return {
    run: () =>
      new Promise((resolve, reject) => {
        answer = (line) => resolve(Number(line))
        fail = reject
        child.stdin.write('run\n')
      }),
    stop: async () => {
      child.stdin.end()
    },
  }
}

async function benchSampling(): Promise<Row> {
  const { network, process: learned, layout } = problem(SIZES.study)
  const denoiser = await networkDenoiser(network, learned, initialise(layout, '0'), nodeRuntime('cpu'))
  const count = 2000
  const seconds = await medianSeconds(3, () => sample(denoiser, { count, seed: 'bench' }))
  await denoiser.release()
  return {
    what: 'sampling 10,000 strings one token per call, study size',
    value: ((seconds * 10_000) / count).toFixed(1),
    unit: 's',
    target: '< 3',
  }
}
