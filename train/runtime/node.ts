import './telemetry.js'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { InputError } from '../../common/error.js'
import type { Shape } from '../../model/graph/graph.js'

/** Where networks run. */
export type Device = 'cpu' | 'cuda' | 'webgpu'

export const DEVICES: readonly Device[] = ['cpu', 'cuda', 'webgpu']

export type Tensors = Readonly<Record<string, ort.Tensor>>

/** A loaded artifact. */
export interface Session {
  readonly device: Device
  run(feeds: Tensors): Promise<Tensors>
  release(): Promise<void>
}

/**
 * Loads an artifact with one intra-op thread: runs are parallelised as processes, which scales better than threads.
 * Throws InputError with the command that installs it where the device's provider is missing.
 *
 * @param onDevice outputs that stay in the device's buffers (WebGPU)
 */
export async function createSession(
  model: Uint8Array,
  device: Device,
  onDevice: readonly string[] = [],
): Promise<Session> {
  try {
    const session = await ort.InferenceSession.create(model, {
      ...OPTIONS,
      executionProviders: [device],
      ...(onDevice.length > 0
        ? {
            preferredOutputLocation: Object.fromEntries(
              onDevice.map((name) => [name, 'gpu-buffer' as const]),
            ),
          }
        : {}),
    })
    return {
      device,
      run: (feeds) => session.run(feeds) as Promise<Tensors>,
      release: () => session.release(),
    }
  } catch (error) {
    if (device === 'cpu') throw error
    throw new InputError('device', device, `${INSTALL[device]} [${(error as Error).message.split('\n')[0]}]`)
  }
}

/**
 * The device a run gets when it names none: CUDA where its provider is installed, else the CPU. WebGPU is used
 * only on request, because at study sizes one CPU core outruns a GPU that is fed one small step at a time.
 */
export function defaultDevice(): Device {
  const library = createRequire(import.meta.url).resolve('onnxruntime-node')
  const provider = join(
    dirname(library),
    '../bin/napi-v6',
    process.platform,
    process.arch,
    'libonnxruntime_providers_cuda.so',
  )
  return existsSync(provider) ? 'cuda' : 'cpu'
}

export function floatTensor(data: Float32Array, shape: Shape): ort.Tensor {
  return new ort.Tensor('float32', data, shape)
}

export function doubleTensor(data: Float64Array, shape: Shape): ort.Tensor {
  return new ort.Tensor('float64', data, shape)
}

export function intTensor(data: Int32Array, shape: Shape): ort.Tensor {
  return new ort.Tensor('int32', data, shape)
}

export function tensor(data: Float32Array | Int32Array, shape: Shape): ort.Tensor {
  return data instanceof Int32Array ? intTensor(data, shape) : floatTensor(data, shape)
}

export function longScalar(value: number): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.of(BigInt(value)), [])
}

export function floatData(tensors: Tensors, name: string): Float32Array {
  return tensors[name]!.data as Float32Array
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
