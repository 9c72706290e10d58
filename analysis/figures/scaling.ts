import { reachedStep } from '../clocks.js'
import { fitPowerLaw, type PowerLaw } from '../power-law.js'
import { headlineClocks, type RunSummary } from '../run-summary.js'
import { COPY_COLOUR, figure, levelColour, type Spec } from './theme.js'

/** How one clock grows with P. */
export interface ClockScaling {
  readonly name: string
  readonly meaning: string
  readonly points: readonly { readonly P: number; readonly step: number }[]
  /** Runs in which the clock did not strike: in the table, not in the fit. */
  readonly censored: number
  readonly fit: PowerLaw | undefined
}

/** Every headline clock against P, over all runs of a study. */
export function clockScalings(runs: readonly RunSummary[]): ClockScaling[] {
  return headlineClocks(runs[0]!).map(({ name, meaning }, index) => {
    const strikes = runs.map((run) => ({ P: run.P, step: reachedStep(headlineClocks(run)[index]!.clock) }))
    const points = strikes.flatMap(({ P, step }) => (step === undefined ? [] : [{ P, step }]))
    return {
      name,
      meaning,
      points,
      censored: strikes.length - points.length,
      fit: fitPowerLaw(
        points.map(({ P, step }) => ({ x: P, y: step })),
        name,
      ),
    }
  })
}

/** "P^0.98 [0.9, 1.1]", or why there is none. */
export function describeFit({ fit }: Pick<ClockScaling, 'fit'>): string {
  if (!fit?.interval) return 'too few points'
  return `P^${fit.exponent.toFixed(2)} [${fit.interval.map((end) => end.toFixed(2)).join(', ')}]`
}

/** Figure C: every clock against P on double logarithmic axes, with fitted slopes. */
export function scalingFigure(runs: readonly RunSummary[]): Spec {
  const scalings = clockScalings(runs).filter((scaling) => scaling.points.length > 0)
  const label = (scaling: ClockScaling) => `${scaling.name}  ${describeFit(scaling)}`
  const colours: Readonly<Record<string, string>> = {
    τ_test: '#000000',
    τ_floor: '#CC79A7',
    τ_copy: COPY_COLOUR,
    τ_oracle: '#7A4EAB',
    τ_bound: '#999999',
  }
  const range = scalings.map(({ name }) => colours[name] ?? levelColour(Number(name.slice(2))))
  const sizes = runs.map((run) => run.P)
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)]
  const x = {
    field: 'P',
    type: 'quantitative',
    scale: { type: 'log', base: 2, domain: [low / 1.3, high * 1.3], nice: false },
    axis: { values: [...new Set(sizes)], format: 'd' },
    title: 'training strings P',
  }
  const y = {
    field: 'step',
    type: 'quantitative',
    scale: { type: 'log' },
    axis: { format: '~s', tickCount: 6 },
    title: 'optimiser steps',
  }
  const color = {
    field: 'clock',
    type: 'nominal',
    title: 'clock, exponent of P [95 %]',
    scale: { domain: scalings.map(label), range },
    sort: null,
    legend: { labelLimit: 320 },
  }
  const points = scalings.flatMap((scaling) =>
    scaling.points.map((point) => ({ clock: label(scaling), ...point })),
  )
  const lines = scalings.flatMap((scaling) =>
    scaling.fit?.interval
      ? [Math.min(...scaling.points.map((p) => p.P)), Math.max(...scaling.points.map((p) => p.P))].map(
          (P) => ({
            clock: label(scaling),
            P,
            step: Math.exp(scaling.fit!.intercept + scaling.fit!.exponent * Math.log(P)),
          }),
        )
      : [],
  )
  return figure(
    'Clocks against the number of training strings',
    [
      'first strike of each clock in each run; line: least squares on logarithms',
      'clocks that did not strike are counted in the table, not drawn',
    ],
    {
      width: 460,
      height: 320,
      layer: [
        {
          data: { values: lines },
          mark: { type: 'line', strokeWidth: 1.5, opacity: 0.7 },
          encoding: { x, y, color },
        },
        {
          data: { values: points },
          mark: { type: 'point', filled: true, size: 60, opacity: 0.9 },
          encoding: { x, y, color },
        },
      ],
    },
  )
}
