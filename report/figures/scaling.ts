import { label } from '../../analysis/clocks.js'
import { type ClockLaw, clockLaws, describeFit } from '../../analysis/laws/clock-laws.js'
import type { Figure } from './figure.js'
import { clockColour, figure } from './theme.js'

/** Figure C: every clock against P on double logarithmic axes, with fitted slopes. */
export const scaling: Figure = {
  title: 'Clocks against the number of training strings',
  caption:
    'Exponents with 95 % intervals over grammars, where there are three of them, half of the runs struck and 2.5 in the mean of the grammars; else no line is drawn. The drawn lines pool all P; the table below fits each depth regime by itself.',
  needs: ['losses', 'several sizes'],
  draw(runs, { laws = clockLaws(runs) } = {}) {
    const scalings = laws.filter(({ regime, points }) => regime === null && points.length > 0)
    const name = (scaling: ClockLaw) =>
      `${label(scaling.clock)}  ${describeFit(scaling).replace(/-(?=\d)/g, '−')}`
    const range = scalings.map(({ clock }) => clockColour(clock))
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
      scale: { domain: scalings.map(name), range },
      sort: null,
      legend: { labelLimit: 320 },
    }
    const points = scalings.flatMap((scaling) =>
      scaling.points.map((point) => ({ clock: name(scaling), ...point })),
    )
    const lines = scalings.flatMap((scaling) =>
      scaling.fit?.interval
        ? [Math.min(...scaling.points.map((p) => p.P)), Math.max(...scaling.points.map((p) => p.P))].map(
            (P) => ({
              clock: name(scaling),
              P,
              step: Math.exp(scaling.fit!.intercept + scaling.fit!.exponent * Math.log(P)),
            }),
          )
        : [],
    )
    return figure(
      'Clocks against the number of training strings',
      [
        'first strike of each clock in each run; lines: fits in which runs that it did not reach',
        'by their end are lower bounds (not drawn)',
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
  },
}
