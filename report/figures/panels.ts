import type { RunSummary } from '../../analysis/run-summary.js'
import { panelTitle, type Spec } from './theme.js'

/** Panels side by side, one per run (or kind of run), that a figure of an experiment is made of. */
export const PANEL = { width: 220, height: 210 }
/** An axis from 0 to 1. */
export const SHARE = {
  type: 'quantitative',
  scale: { domain: [0, 1] },
  axis: { format: '.2~f', tickCount: 5 },
}

/** P, and what else sets the run apart. */
export function panelName({ P, label }: RunSummary): Spec {
  const title = panelTitle(P)
  return label ? { ...title, text: [title.text, label] } : title
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
