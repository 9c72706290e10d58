import jstat from 'jstat'

/** φ(z)/(1 − Φ(z)) of the standard normal: the mean of what lies beyond z. */
export function normalHazard(z: number): number {
  if (z < 5) return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / normalDistribution(-z)
  // From 6 on the error function loses its digits; z + 1/(z + 2/(z + 3/…)), the tail's continued fraction, has ten from 5 on.
  let hazard = z
  for (let k = 20; k >= 1; k--) hazard = z + k / hazard
  return hazard
}

/** Φ(z). */
export function normalDistribution(z: number): number {
  return jstat.normal.cdf(z, 0, 1)
}

/** z with Φ(z) = p. */
export function normalPoint(p: number): number {
  return jstat.normal.inv(p, 0, 1)
}
