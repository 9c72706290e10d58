import type { Random } from './random.js'

/** A standard normal draw (Box and Muller), one value per call. */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** φ(z)/(1 − Φ(z)) of the standard normal: the mean of what lies beyond z. */
export function normalHazard(z: number): number {
  // Beyond 5 the tail's continued fraction has more digits than a difference from 1.
  if (z > 5) return z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 5 / z))))
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / (1 - normalDistribution(z))
}

/** Φ(z), to 1e-7 (Abramowitz and Stegun 7.1.26). */
export function normalDistribution(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const erf = 1 - poly * Math.exp(-x * x)
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2
}
