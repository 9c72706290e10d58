import { z } from 'zod'

/** What a network reads and predicts. */
export interface TokenShape {
  /** T: tokens per string. */
  readonly length: number
  /** V: symbols it predicts; the input vocabulary has one more, MASK = V. */
  readonly vocabulary: number
  /** Steps of the process, where the network is told the step of each string; absent where it is not. */
  readonly times?: number | undefined
}

/** A network's configuration also names the seed of its initial weights, which its graph does not depend on. */
export const initialisation = { seed: z.string().min(1).default('0').describe('seed of the initial weights') }

export type Weightless<Config> = Config extends unknown ? Omit<Config, 'seed'> : never
