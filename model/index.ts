/** Networks as differentiable ONNX graphs, noise processes, and samplers. */

export { type BatchArrays, type BatchPart, batchPart } from './batch.js'
export type { ChunkInput, ChunkShape, CleanBatch, Denoiser, NoiseTruth, Process, Unread } from './denoiser.js'
export { gradients } from './graph/autodiff.js'
export { encodeModel } from './graph/encode.js'
export {
  type Attribute,
  type Constant,
  type DataType,
  Graph,
  type Node,
  type Pullback,
  type Shape,
  ShapeError,
  type TapeEntry,
  type Value,
} from './graph/graph.js'
export { LOWERINGS, type Lowering } from './graph/lowering.js'
export type { Nelbo } from './nelbo.js'
export { type Network, type NetworkConfig, network } from './network.js'
export type { TokenShape } from './networks/token-shape.js'
export * as operators from './operators/index.js'
export type { RowSelection } from './operators/shape.js'
export {
  type Buckets,
  initialise,
  layOut,
  type ParameterLayout,
  type ParameterSpec,
  type Parameters,
} from './parameters.js'
export { type ProcessConfig, process } from './process.js'
export { MASKING } from './processes/absorbing/absorbing.js'
export { infill } from './processes/absorbing/infill.js'
export { exactNelbo } from './processes/absorbing/nelbo.js'
export { ONE_BY_ONE, type SampleOptions, type SamplerConfig } from './samplers/config.js'
export { sample } from './samplers/sampler.js'
