import type { Random } from './random.js'

/** A standard normal draw (Box and Muller), one value per call. */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
