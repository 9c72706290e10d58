import { type Group, groupByP } from '../../analysis/groups.js'
import type { Figure } from './figure.js'
import { groupPanel } from './panels.js'
import { figure } from './theme.js'

/** Figure E: where the gap between test and training loss opens: mask count against step, one panel per P. */
export const gap: Figure = {
  title: 'Where the gap opens',
  caption: 'The first run of each P. A red column is a checkpoint that knows its training strings.',
  needs: ['mask counts'],
  draw(runs) {
    const gaps = groupByP(runs).map((group) => ({ group, cells: gapCells(group) }))
    const limit = Math.max(1, ...gaps.flatMap(({ cells }) => cells.map(({ gap }) => Math.abs(gap))))
    const panels = gaps.map(({ group, cells }, i) => ({
      ...groupPanel(group, 200),
      data: { values: cells },
      mark: { type: 'rect' },
      encoding: {
        x: { field: 'step', type: 'ordinal', title: 'optimiser step', axis: { labelAngle: -45 } },
        y: { field: 'k', type: 'ordinal', sort: 'descending', title: i === 0 ? 'hidden tokens k' : null },
        color: {
          field: 'gap',
          type: 'quantitative',
          title: 'G(k), nats',
          scale: {
            type: 'symlog',
            constant: 0.5,
            scheme: 'redblue',
            reverse: true,
            domain: [-limit, limit],
          },
          legend: {
            values: [-300, -30, -3, 0, 3, 30, 300].filter((value) => Math.abs(value) <= limit),
          },
        },
      },
    }))
    return figure(
      'Where memorisation shows: gap between held-out and training loss',
      [
        'G(k) = k·(test − train) with k tokens hidden, nats per string; k = 1 asks for one token given all others',
        'Colours are linear below half a nat and logarithmic above.',
      ],
      { hconcat: panels },
    )
  },
}

/** The gaps of a group's first run. */
function gapCells({ runs }: Group): { step: number; k: number; gap: number }[] {
  return runs[0]!.records.flatMap(({ step, losses }) =>
    step === 0
      ? []
      : losses!.test.crossEntropy.map((value, i) => ({
          step,
          k: i + 1,
          gap: (i + 1) * (value - losses!.train.crossEntropy[i]!),
        })),
  )
}
