import { type Clock, strikeOf } from '../../analysis/clocks.js'
import { averageCurve, type CurvePoint, type Group } from '../../analysis/groups.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import { reachedStep } from '../../analysis/strike.js'
import { panelTitle, type Spec } from './theme.js'

/** Panels side by side, one per run (or kind of run), that a figure of an experiment is made of. */
export const PANEL = { width: 220, height: 210 }
/** An axis from 0 to 1. */
export const SHARE = {
  type: 'quantitative',
  scale: { domain: [0, 1] },
  axis: { format: '.2~f', tickCount: 5 },
}

/** Where a run reaches something, at the edge of its panel. */
export const TRIANGLE = { type: 'point', shape: 'triangle-down', size: 70, filled: true, opacity: 1 }

/** P, and what else sets the run apart. */
export function panelName({ P, label }: RunSummary): Spec {
  const title = panelTitle(P)
  return label ? { ...title, text: [title.text, label] } : title
}

/** The frame of a panel of the runs of one P. */
export function groupPanel({ P }: Group, height: number): Spec {
  return { title: panelTitle(P), width: 230, height }
}

/** The axis of what is drawn against steps. */
export function valueAxis(title: string | null, scale: Spec): Spec {
  return { field: 'value', type: 'quantitative', scale, title }
}

/** A named series of points, averaged over the runs of a group. */
export function namedCurve(
  group: Group,
  series: string,
  read: Parameters<typeof averageCurve>[1],
): (CurvePoint & { readonly series: string })[] {
  return averageCurve(group, read).map((point) => ({ series, ...point }))
}

/**
 * Points of one curve in a panel that clips; none where the panel shows nothing of it, all points being above or all below. (What
 * draws PNGs dies of a clipped line that lies beyond the whole picture.)
 */
export function withinPanel<Point extends { readonly value: number }>(
  points: readonly Point[],
  [low, high]: readonly [number, number],
): readonly Point[] {
  const outside = points.every(({ value }) => value < low) || points.every(({ value }) => value > high)
  return outside ? [] : points
}

/** Averaged curves, and behind them the range of their runs. */
export function curvesWithRange(
  points: readonly CurvePoint[],
  { x, y, color }: { readonly x: Spec; readonly y: Spec; readonly color: Spec },
  mark: Spec = {},
): Spec[] {
  return [
    {
      data: { values: points },
      mark: { type: 'area', opacity: 0.15, ...mark },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
    },
    {
      data: { values: points },
      mark: { type: 'line', strokeWidth: 2.2, ...mark },
      encoding: { x, y, color },
    },
  ]
}

/** Where runs reach clocks, each clock as a series of its own name. */
export function strikes(
  runs: readonly RunSummary[],
  clocks: readonly Clock[],
  names: readonly string[],
): { readonly series: string; readonly step: number }[] {
  return runs.flatMap((run) =>
    clocks.flatMap((clock, i) => {
      const step = reachedStep(strikeOf(run.clocks, clock))
      return step === undefined ? [] : [{ series: names[i]!, step }]
    }),
  )
}

/** A colour per named series, in a fixed order. */
export function coloured(title: string | null, names: readonly string[], colours: readonly string[]): Spec {
  return { field: 'series', type: 'nominal', title, sort: null, scale: { domain: names, range: colours } }
}

/** The last checkpoint that an experiment measured. */
export function lastStep(rows: readonly { readonly step: number | null }[]): number {
  return Math.max(...rows.map((row) => row.step ?? 0))
}

/** One run of each P and label: the first seed stands for all. */
export function firstOfEach(runs: readonly RunSummary[]): RunSummary[] {
  const seen = new Set<string>()
  return [...runs]
    .sort((a, b) => a.P - b.P)
    .filter(({ P, label }) => !seen.has(`${P}/${label}`) && seen.add(`${P}/${label}`))
}
