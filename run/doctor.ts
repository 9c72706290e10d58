import { createRequire } from 'node:module'
import { encodeModel } from '../model/graph/encode.js'
import { Graph, LOWERINGS } from '../model/graph/graph.js'
import { gemm } from '../model/operators/linear.js'
import { nodeRuntime } from '../train/runtime/node.js'
import { DEVICES, type Device } from '../train/runtime/runtime.js'
import { compareWithCpu } from './one-step.js'

/** What a machine can run, found out by running it. */
export interface Examination {
  readonly onnxruntime: string
  readonly threadsPerRun: number
  readonly denormalsFlushed: boolean
  readonly telemetry: string
  readonly gemmGflops: string
  readonly devices: readonly { readonly device: Device; readonly works: boolean; readonly note: string }[]
}

/** Loads every device, multiplies matrices, trains one step on each and compares it with the CPU's. */
export async function examine(): Promise<Examination> {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }
  const devices: Examination['devices'][number][] = []
  for (const device of DEVICES) {
    try {
      const { gradient } = await compareWithCpu(device)
      devices.push({
        device,
        works: true,
        note: `the gradient of one training step differs from the CPU's by ${gradient.toExponential(1)} (relative L2)`,
      })
    } catch (error) {
      devices.push({ device, works: false, note: (error as Error).message.split('\n')[0]! })
    }
  }
  return {
    onnxruntime: version,
    threadsPerRun: 1,
    denormalsFlushed: await flushesDenormals(),
    telemetry: process.env.ORT_DISABLE_TELEMETRY === '1' ? 'off' : 'on',
    gemmGflops: (await gemmRate()).toFixed(1),
    devices,
  }
}

async function flushesDenormals(): Promise<boolean> {
  const graph = new Graph('denormal')
  const x = graph.input('x', [1])
  graph.output(graph.emit('Mul', [x, graph.scalar(1e-20)], [1], { name: 'y' }))
  const { session: load, tensor } = nodeRuntime('cpu')
  const session = await load(encodeModel(graph))
  const { y } = await session.run({ x: tensor(Float32Array.of(1e-20), [1]) })
  await session.release()
  return (y!.data as Float32Array)[0] === 0
}

/** Billions of floating-point operations per second of a 512³ product on one thread. */
async function gemmRate(): Promise<number> {
  const size = 512
  const graph = new Graph('gemm', LOWERINGS.cpu)
  const [a, b] = [graph.input('a', [size, size]), graph.input('b', [size, size])]
  graph.output(gemm(a, b), 'c')
  const { session: load, tensor } = nodeRuntime('cpu')
  const session = await load(encodeModel(graph))
  const data = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i))
  const feeds = { a: tensor(data, [size, size]), b: tensor(data, [size, size]) }
  await session.run(feeds)
  const times = []
  for (let i = 0; i < 9; i++) {
    const started = performance.now()
    await session.run(feeds)
    times.push(performance.now() - started)
  }
  await session.release()
  return (2 * size ** 3) / (times.sort((x, y) => x - y)[4]! * 1e6)
}
