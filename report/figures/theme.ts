import type { Clock } from '../../analysis/clocks.js'

/** A Vega-Lite specification: plain JSON. */
export type Spec = Readonly<Record<string, unknown>>

/** Okabe and Ito's palette, readable without colour vision: levels from the leaves up, then copies. */
const LEVELS = ['#56B4E9', '#0072B2', '#009E73', '#E69F00', '#CC79A7', '#999999', '#F0E442', '#000000']

export const COPY_COLOUR = '#D55E00'

export function levelColour(level: number): string {
  return LEVELS[(level - 1) % LEVELS.length]!
}

/** One thing per level of a grammar of depth L, leaves first. */
export function perLevel<Item>(L: number, of: (level: number) => Item): Item[] {
  return Array.from({ length: L }, (_, i) => of(i + 1))
}

/** The colour of a clock's line and points. */
export function clockColour(clock: Clock): string {
  return clock.kind === 'acquisition' ? levelColour(clock.level) : CLOCKS[clock.kind]
}

const CLOCKS: Readonly<Record<Exclude<Clock['kind'], 'acquisition'>, string>> = {
  'test-minimum': '#000000',
  'train-below-floor': '#CC79A7',
  copies: COPY_COLOUR,
  'memoriser-nearest': '#7A4EAB',
  'jensen-bound': '#999999',
}

/** Wraps a view with what every figure shares. */
export function figure(title: string, subtitle: readonly string[], body: Spec): Spec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: title,
      subtitle,
      anchor: 'start',
      fontSize: 15,
      subtitleFontSize: 12,
      subtitleColor: '#555',
      offset: 12,
    },
    background: 'white',
    padding: 12,
    ...body,
    config: {
      font: 'DejaVu Sans',
      view: { stroke: '#ddd' },
      axis: {
        gridColor: '#eee',
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        labelOverlap: true,
      },
      legend: {
        symbolOpacity: 1,
        symbolType: 'stroke',
        titleLimit: 340,
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        symbolStrokeWidth: 3,
      },
      title: { font: 'DejaVu Sans' },
    },
  }
}

/** A logarithmic axis of optimiser steps. */
export function stepAxis(domain: readonly [number, number]): Spec {
  return {
    field: 'step',
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: { format: '~s', tickCount: 5 },
    title: 'optimiser step',
  }
}

/** The title of one panel among several, one per number of training strings. */
export function panelTitle(P: number): Spec {
  return { text: `P = ${P}`, fontWeight: 'normal', fontSize: 13, anchor: 'middle' }
}
