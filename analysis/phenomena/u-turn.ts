import { z } from 'zod'
import { drawSubset, stream } from '../../common/random.js'
import type { TokenMatrix } from '../../common/strings.js'
import type { Levels } from '../../corpus/truth.js'
import type { Denoiser } from '../../model/denoiser.js'
import { infill } from '../../model/processes/absorbing/infill.js'

export const uTurnPoint = z.strictObject({
  hidden: z.int().describe('k: tokens hidden, of T'),
  flips: z
    .array(z.number())
    .describe('flips[ℓ]: share of level-ℓ symbols that changed or no longer parse, ℓ = 0 (tokens) .. L'),
  susceptibility: z
    .number()
    .describe(
      'χ = Σ_ij C_ij / Σ_i C_ii of the indicators that tokens i and j changed: how many tokens change together',
    ),
})

/**
 * What is left of strings after some of their tokens were hidden and filled again.
 *
 * @useDeclaredType
 */
export type UTurnPoint = z.output<typeof uTurnPoint>

/**
 * The U-turn experiment (arXiv 2402.16991, 2410.13770): strings of the language are masked to k = 1..T tokens and denoised by
 * sampling. Deep levels flip last and all at once; where they do, changes are correlated over long blocks.
 */
export async function uTurn(
  denoiser: Denoiser,
  levels: Levels,
  strings: TokenMatrix,
  seed: string,
): Promise<UTurnPoint[]> {
  const { length, vocabulary } = denoiser
  const before = levels.parse(strings.tokens)
  const points: UTurnPoint[] = []
  for (let k = 1; k <= length; k++) {
    const masked = strings.tokens.slice()
    const order = new Int32Array(length)
    for (let i = 0; i < strings.count; i++) {
      drawSubset(stream(seed, `u-turn/${k}`, i), length, k, order)
      for (let j = 0; j < k; j++) masked[i * length + order[j]!] = vocabulary
    }
    const after = levels.parse(await infill(denoiser, masked, `${seed}/${k}`))
    points.push({
      hidden: k,
      flips: before.map((symbols, level) => {
        const changed = symbols.reduce((sum, symbol, at) => sum + (symbol === after[level]![at] ? 0 : 1), 0)
        return changed / (strings.count * levels.nodes(level))
      }),
      susceptibility: susceptibility(before[0]!, after[0]!, length),
    })
  }
  return points
}

/** In whole numbers: where all strings change alike, nothing but 0 is left. */
function susceptibility(before: Int32Array, after: Int32Array, T: number): number {
  const count = before.length / T
  const changed = new Int32Array(T)
  let squares = 0
  for (let i = 0; i < count; i++) {
    let changes = 0
    for (let t = 0; t < T; t++) {
      if (before[i * T + t] === after[i * T + t]) continue
      changed[t]!++
      changes++
    }
    squares += changes ** 2
  }
  const total = changed.reduce((sum, n) => sum + n, 0)
  const own = changed.reduce((sum, n) => sum + n * (count - n), 0)
  return own === 0 ? 0 : (count * squares - total ** 2) / own
}
