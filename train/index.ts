/** Training steps as ONNX artifacts, for any objective and any runtime. */

export type { AdamWConfig } from './artifacts/adamw.js'
export { type TrainStepOptions, trainStepModel } from './artifacts/train-step.js'
export type { Provenance } from './checkpoint.js'
export { type LoopOptions, trainLoop } from './loop.js'
export { type NetworkDenoiser, networkDenoiser } from './network-denoiser.js'
export { type Objective, tokenObjective } from './objective.js'
export { defaultDevice, nodeRuntime, requireDevice } from './runtime/node.js'
export type { Device, Runtime, Session, Tensor, TensorData, Tensors } from './runtime/runtime.js'
export { createStepper, type Stepper, type TrainRecord } from './stepper.js'
export {
  evaluationParameters,
  type OptimiserConfig,
  startState,
  type Training,
  type TrainState,
} from './training.js'
