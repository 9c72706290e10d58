/**
 * Which ONNX operators a device runs well, and which rewritings pay there. A network is written once; operators ask
 * here how to be lowered. Every field can be switched by itself: docs/engine.md says what each is worth.
 */
export interface Lowering {
  /** com.microsoft FusedMatMul with transposed batch dimensions: attention without transposing q, k, v (CPU, CUDA). */
  readonly fusedMatMul: boolean
  /** Many steps per call in a Loop; where the runtime has none for the device, state would cross the bus every step. */
  readonly stepLoop: boolean
  /** Sum cotangents through Gemm's C input instead of a separate Add. */
  readonly gemmAccumulate: boolean
  /** Constant factors (attention's 1/√dh, GELU's √2) as attributes of products instead of passes over activations. */
  readonly productFactors: boolean
  /** LayerNorm's learned scale and shift folded into the next linear map: weight-sized instead of row-sized work. */
  readonly foldNorm: boolean
  /** Most tensors that one Split or Concat may touch; WebGPU binds each as a storage buffer and has few. */
  readonly maxFan: number
  /** Rows (tokens) that one pass should hold: a training step cuts larger batches and sums their gradients. */
  readonly chunkRows: number
  /** Short strings attend in groups of up to this many tokens; 0 keeps every string to itself. */
  readonly attentionRows: number
  /** Up to this width queries, keys and values are one product that is cut in three, above it three products. */
  readonly packedWidth: number
}

const EVERYWHERE = { gemmAccumulate: true, productFactors: true, foldNorm: true }

/** A GPU holds any batch in one pass, and loses nothing on small or wide products. */
const GPU = {
  ...EVERYWHERE,
  chunkRows: Number.POSITIVE_INFINITY,
  attentionRows: 0,
  packedWidth: Number.POSITIVE_INFINITY,
}

export const LOWERINGS: Readonly<Record<'cpu' | 'cuda' | 'webgpu', Lowering>> = {
  cpu: {
    ...EVERYWHERE,
    fusedMatMul: true,
    stepLoop: true,
    maxFan: Number.POSITIVE_INFINITY,
    chunkRows: 1024,
    attentionRows: 16,
    packedWidth: 48,
  },
  cuda: { ...GPU, fusedMatMul: true, stepLoop: true, maxFan: Number.POSITIVE_INFINITY },
  webgpu: { ...GPU, fusedMatMul: false, stepLoop: false, maxFan: 6 },
}
