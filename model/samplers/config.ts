/**
 * How strings are drawn from a denoiser that fills masks. Other processes have one sampler each, and refuse what it would not read.
 *
 * - random-order: one token per call in uniformly random order; unbiased for an exact denoiser (arXiv 2409.02908).
 * - ancestral: T steps, several tokens at once; fewer calls and a known bias.
 */
export type SamplerConfig =
  | { readonly kind: 'random-order'; readonly temperature: number }
  | {
      readonly kind: 'ancestral'
      readonly steps: number
      readonly grid: 'uniform' | 'cosine'
      readonly temperature: number
    }

/** One token per call, as likely as the denoiser says. */
export const ONE_BY_ONE: SamplerConfig = { kind: 'random-order', temperature: 1 }

export interface SampleOptions {
  /** Number of strings. */
  readonly count: number
  readonly seed: string
  /** Default {@link ONE_BY_ONE}. */
  readonly sampler?: SamplerConfig | undefined
  /** Called with every state the sampler shows the denoiser, [B, T] with MASK: for metrics on trajectories. */
  readonly onState?: ((strings: Int32Array) => void) | undefined
  readonly onProgress?: ((strings: number) => void) | undefined
}
