import './telemetry.js'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { InputError } from '../../common/error.js'
import { encodeModel } from '../../model/graph/encode.js'
import { Graph, LOWERINGS, type Lowering } from '../../model/graph/graph.js'
import type { Device, Runtime, Session, Tensor, TensorData, Tensors } from './runtime.js'

/**
 * ONNX Runtime in this process, with one intra-op thread: runs are parallelised as processes, which scales better than
 * threads. A device whose provider is missing is found by {@link requireDevice}, or when the first session is made: an
 * InputError with the command that installs it.
 */
export function nodeRuntime(
  device: Device = defaultDevice(),
  lowering: Lowering = LOWERINGS[device],
): Runtime {
  return {
    device,
    lowering,
    session: (model, onDevice = []) => createSession(model, device, onDevice),
    tensor,
  }
}

/** Throws InputError where a device cannot be used here; nothing else has happened then. */
export async function requireDevice(device: Device): Promise<void> {
  if (device === 'cpu') return
  const graph = new Graph('probe', LOWERINGS[device])
  graph.output(graph.input('x', [1]), 'y')
  await (await createSession(encodeModel(graph), device, [])).release()
}

/**
 * The device a run gets when it names none: CUDA where its provider is installed, else the CPU. WebGPU is used
 * only on request, because at study sizes one CPU core outruns a GPU that is fed one small step at a time.
 */
export function defaultDevice(): Device {
  const library = createRequire(import.meta.url).resolve('onnxruntime-node')
  const place = join(dirname(library), '../bin/napi-v6', process.platform, process.arch)
  return existsSync(join(place, 'libonnxruntime_providers_cuda.so')) ? 'cuda' : 'cpu'
}

async function createSession(
  model: Uint8Array,
  device: Device,
  onDevice: readonly string[],
): Promise<Session> {
  const kept = Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer' as const]))
  try {
    const session = await ort.InferenceSession.create(model, {
      ...OPTIONS,
      executionProviders: [device],
      ...(onDevice.length > 0 ? { preferredOutputLocation: kept } : {}),
    })
    return {
      run: (feeds) => session.run(feeds as Record<string, ort.Tensor>) as Promise<Tensors>,
      release: () => session.release(),
    }
  } catch (error) {
    if (device === 'cpu') throw error
    throw new InputError('device', device, `${INSTALL[device]} [${(error as Error).message.split('\n')[0]}]`)
  }
}

function tensor(data: TensorData, shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape)
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape)
  if (data instanceof Float64Array) return new ort.Tensor('float64', data, shape)
  return new ort.Tensor('int64', data, shape)
}

const OPTIONS: ort.InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  // The artifacts are written as they should run; optimising again only lengthens loading.
  graphOptimizationLevel: 'disabled',
  enableMemPattern: true,
  enableCpuMemArena: true,
  executionMode: 'sequential',
  logSeverityLevel: 3,
  // A collapsed run's subnormals slow a matrix product a hundredfold. The process's first session decides.
  extra: { session: { set_denormal_as_zero: '1' } },
}

const INSTALL: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  cuda: 'CUDA and its provider: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node',
  webgpu: 'a Vulkan driver: apt-get install libvulkan1 and the driver of your GPU',
}
