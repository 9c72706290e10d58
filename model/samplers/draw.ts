import type { Random } from '../../common/random.js'

/**
 * Draws a token from ln p at `offset`, sharpened by a temperature, in float64 (float32 draws act like a lower
 * temperature: arXiv 2409.02908). Temperature 0 takes the most likely token.
 */
export function drawToken(
  logProbabilities: Float64Array,
  offset: number,
  vocabulary: number,
  temperature: number,
  random: Random,
): number {
  const u = random()
  let best = 0
  for (let a = 1; a < vocabulary; a++)
    if (logProbabilities[offset + a]! > logProbabilities[offset + best]!) best = a
  const peak = logProbabilities[offset + best]!
  if (peak === Number.NEGATIVE_INFINITY)
    throw new Error('the denoiser calls the visible tokens impossible: nothing to draw')
  if (temperature === 0) return best
  let total = 0
  for (let a = 0; a < vocabulary; a++) total += Math.exp((logProbabilities[offset + a]! - peak) / temperature)
  let rest = u * total
  let last = best
  for (let a = 0; a < vocabulary; a++) {
    const weight = Math.exp((logProbabilities[offset + a]! - peak) / temperature)
    if (weight === 0) continue
    last = a
    rest -= weight
    if (rest < 0) return a
  }
  return last
}
