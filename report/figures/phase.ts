import { type Clock, label } from '../../analysis/clocks.js'
import { groupByP, stepRange } from '../../analysis/groups.js'
import { levelThresholds } from '../../analysis/laws/clock-laws.js'
import { clockLine, edges, phaseTiles } from '../../analysis/phase.js'
import { depthOf } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { COPY_COLOUR, clockColour, figure, perLevel } from './theme.js'

/** Figure G: the phase diagram. Lines are geometric means of the clocks over the runs of one P that reached them. */
export const phase: Figure = {
  title: 'Phase diagram',
  caption: 'A level counts for a P where at least half of its runs reach it; lines stop where fewer do.',
  needs: ['levels', 'copies', 'several sizes'],
  draw(runs, { smooth = 'none' } = {}) {
    const L = depthOf(runs)
    const tiles = phaseTiles(runs, smooth)
    const sizes = groupByP(runs).map((group) => group.P)
    const range = edges(sizes)
    const steps = stepRange(runs)
    const x = {
      type: 'quantitative',
      scale: { type: 'log', base: 2, domain: [range[0], range.at(-1)], nice: false },
      axis: { values: sizes, format: 'd', grid: false },
      title: 'training strings P',
    }
    const y = {
      type: 'quantitative',
      scale: {
        type: 'log',
        domain: [Math.min(...tiles.map((tile) => tile.low)), steps[1]],
        nice: false,
        clamp: true,
      },
      axis: { format: '~s', tickCount: 6, grid: false },
      title: 'optimiser step',
    }
    const drawn: Clock[] = [
      ...perLevel(L, (level) => ({ kind: 'acquisition' as const, level, threshold: 0.5 })),
      { kind: 'test-minimum' },
      { kind: 'copies', threshold: 0.25 },
    ]
    const lines = drawn.flatMap((clock) => clockLine(runs, clock))
    const reached = drawn.filter((clock) => lines.some((line) => line.clock === label(clock)))
    const color = {
      field: 'clock',
      type: 'nominal',
      title: 'clocks',
      sort: null,
      scale: { domain: reached.map(label), range: reached.map(clockColour) },
    }
    const thresholds = levelThresholds(runs).flatMap(({ level, reuse, raw }) => [
      { P: reuse, label: `P*${level}` },
      ...(raw > reuse * 1.01 ? [{ P: raw, label: `P*${level} raw` }] : []),
    ])
    const inside = thresholds.filter(({ P }) => P > range[0]! && P < range.at(-1)!)
    const labels = [...new Set(inside.map(({ P }) => P))].map((P) => ({
      P,
      label: inside
        .filter((threshold) => threshold.P === P)
        .map((threshold) => threshold.label)
        .join(', '),
    }))
    return figure(
      'Phase diagram: depth acquired and copies',
      [
        'tiles: levels with q ≥ .5 on novel samples, their blocks not mostly copied; mean over runs',
        'dots: memorised fraction ρ; lines: clocks; dotted: data that level ℓ is predicted to',
        'take, for a learner that reuses rules, and for one that tells raw tuples apart',
        ...(smooth === 'isotonic' ? ['isotonic smoothing: neither depth nor ρ falls with steps'] : []),
      ],
      {
        width: 560,
        height: 380,
        layer: [
          {
            data: { values: tiles },
            mark: { type: 'rect', stroke: 'white', strokeWidth: 0.5 },
            encoding: {
              x: { ...x, field: 'left' },
              x2: { field: 'right' },
              y: { ...y, field: 'low' },
              y2: { field: 'high' },
              fill: {
                field: 'depth',
                type: 'quantitative',
                title: 'levels acquired',
                scale: { domain: [0, L], range: ['#f4f4f2', '#cfe3ef', '#8fbbd6', '#4d8bb5', '#1f5a8a'] },
                legend: { format: 'd', tickCount: L, gradientLength: 110 },
              },
            },
          },
          {
            data: { values: tiles.filter((tile) => tile.memorised > 0.02) },
            mark: { type: 'circle', color: COPY_COLOUR, opacity: 0.75 },
            encoding: {
              x: { ...x, field: 'P' },
              y: { ...y, field: 'step' },
              size: {
                field: 'memorised',
                type: 'quantitative',
                title: 'memorised ρ',
                scale: { domain: [0, 1], range: [0, 110] },
                legend: {
                  values: [0.25, 0.5, 1],
                  symbolType: 'circle',
                  symbolFillColor: COPY_COLOUR,
                  symbolStrokeWidth: 0,
                },
              },
            },
          },
          {
            data: { values: labels },
            mark: { type: 'rule', strokeDash: [2, 3], color: '#444' },
            encoding: { x: { ...x, field: 'P' } },
          },
          {
            data: { values: labels },
            mark: {
              type: 'text',
              angle: 270,
              align: 'right',
              baseline: 'bottom',
              dx: -4,
              dy: -2,
              fontSize: 10,
              color: '#444',
            },
            encoding: { x: { ...x, field: 'P' }, y: { value: 0 }, text: { field: 'label' } },
          },
          {
            data: { values: lines },
            mark: { type: 'line', strokeWidth: 2.5, point: { filled: true, size: 35 } },
            encoding: { x: { ...x, field: 'P' }, y: { ...y, field: 'step' }, color },
          },
        ],
        resolve: { scale: { color: 'independent', fill: 'independent' } },
      },
    )
  },
}
