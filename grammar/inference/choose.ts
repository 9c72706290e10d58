import { drawFromCumulative, type Random } from '../../common/random.js'
import { runningSums } from '../rhm/tables.js'

/** Picks one of some values, by index; at least one is not zero. */
export type Choose = (values: readonly number[]) => number

/** The largest; the first of equals. */
export const largest: Choose = (values) =>
  values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)

/** One at random, in proportion. */
export function proportional(random: Random): Choose {
  return (values) => drawFromCumulative(random, runningSums(values))
}
