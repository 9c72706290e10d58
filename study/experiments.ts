import type { Experiments } from './experiment.js'
import { training } from './training.js'

/** Every experiment that a study file can name; the first is what it means where it names none. */
export const EXPERIMENTS: Experiments = { training }
