import type { RunSummary } from '../../analysis/run-summary.js'
import { InputError } from '../../common/error.js'
import { anatomy } from './anatomy.js'
import { drawable, type Figure, type FigureOptions } from './figure.js'
import { gap } from './gap.js'
import { infilling } from './infilling.js'
import { losses } from './losses.js'
import { nearest } from './nearest.js'
import { phase } from './phase.js'
import { prototypes } from './prototypes.js'
import { samplerSteps } from './sampler-steps.js'
import { scaling } from './scaling.js'
import { splitHalf } from './split-half.js'
import { staircase } from './staircase.js'
import type { Spec } from './theme.js'
import { uTurn } from './u-turn.js'
import { validity } from './validity.js'

/** Figures of runs that differ in P and seeds only, in the order of the page; add one here and a file beside this one. */
export const VARIANT_FIGURES = {
  validity,
  losses,
  scaling,
  staircase,
  gap,
  nearest,
  phase,
  anatomy,
}

/** Figures of experiments beyond a checkpoint's record, over all runs that have done them. */
export const EXPERIMENT_FIGURES = { samplerSteps, uTurn, infilling, prototypes, splitHalf }

const ALL = { ...VARIANT_FIGURES, ...EXPERIMENT_FIGURES }

/** The letter of a figure: its place among all. */
export function letterOf(name: string): string {
  return String.fromCharCode(65 + Object.keys(ALL).indexOf(name))
}

/**
 * A figure of the report.
 *
 * @useDeclaredType
 */
export type FigureName = keyof typeof ALL

/**
 * Every figure as a function of runs: `figures.validity([run.summary()])` is a Vega-Lite specification. Throws InputError where no
 * run has what the figure needs.
 *
 * @example
 * ```ts
 * import { figures, toSvg } from 'pcfg-diffusion/report'
 * import { createRun } from 'pcfg-diffusion/run'
 *
 * const run = createRun('runs/drawn', {
 *   grammar: { v: 8, m: 2, s: 2, L: 3 },
 *   corpus: { train: 64, test: 64 },
 *   steps: 20,
 *   checkpoints: { count: 2 },
 * })
 * await run.train()
 * await run.analyse({ samples: 50, strings: 8 })
 * const svg = await toSvg(figures.validity([run.summary()]))
 * svg.includes('level 3') // → true
 * ```
 */
export const figures = Object.fromEntries(
  Object.entries<Figure>(ALL).map(([name, figure]) => [
    name,
    (runs: readonly RunSummary[], options?: FigureOptions) => figure.draw(able(name, figure, runs), options),
  ]),
) as Readonly<Record<FigureName, (runs: readonly RunSummary[], options?: FigureOptions) => Spec>>

function able(name: string, figure: Figure, runs: readonly RunSummary[]): readonly RunSummary[] {
  const able = drawable(figure, runs)
  if (able.length === 0)
    throw new InputError(
      `figures.${name}`,
      runs.map(({ key }) => key),
      `runs with ${figure.needs.join(', ')}`,
    )
  return able
}
