import type { Lowering, Shape } from '../../model/graph/graph.js'

/** Where networks run. */
export type Device = 'cpu' | 'cuda' | 'webgpu'

export const DEVICES: readonly Device[] = ['cpu', 'cuda', 'webgpu']

/** A tensor of whatever runs the artifacts. */
export interface Tensor {
  readonly data: unknown
  /** Where its data is: 'cpu', or a device's buffer. */
  readonly location: string
  dispose(): void
}

export type Tensors = Readonly<Record<string, Tensor>>

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array

/** A loaded artifact. */
export interface Session {
  run(feeds: Tensors): Promise<Tensors>
  release(): Promise<void>
}

/** What runs artifacts: ONNX Runtime in Node, or in a page. Handed in, so that nothing else here depends on where it is. */
export interface Runtime {
  readonly device: Device
  /** How graphs are lowered for the device. */
  readonly lowering: Lowering
  /**
   * Loads an artifact.
   * @param onDevice outputs that stay in the device's buffers (WebGPU)
   */
  session(model: Uint8Array, onDevice?: readonly string[]): Promise<Session>
  /** A tensor of the element type of its data. */
  tensor(data: TensorData, shape: Shape): Tensor
}

export function floatData(tensors: Tensors, name: string): Float32Array {
  return tensors[name]!.data as Float32Array
}
