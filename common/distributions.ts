import jstat from 'jstat'

/** φ(z)/(1 − Φ(z)) of the standard normal: the mean of what lies beyond z. */
export function normalHazard(z: number): number {
  // Beyond 5 the tail's continued fraction has more digits than the error function.
  if (z > 5) return z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 5 / z))))
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / normalDistribution(-z)
}

/** Φ(z). */
export function normalDistribution(z: number): number {
  return jstat.normal.cdf(z, 0, 1)
}

/** z with Φ(z) = p. */
export function normalPoint(p: number): number {
  return jstat.normal.inv(p, 0, 1)
}
