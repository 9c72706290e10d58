import { groupByP } from '../../analysis/groups.js'
import type { Figure } from './figure.js'
import { groupPanel } from './panels.js'
import { COPY_COLOUR, figure } from './theme.js'

const SAMPLED = 'samples'
const HELD_OUT = 'held-out strings'

/** Figure F: distance to the nearest training string at the last checkpoint, samples beside held-out strings. */
export const nearest: Figure = {
  title: 'Distance to the training strings',
  caption: 'The first run of each P; as many held-out strings as samples.',
  needs: ['nearest'],
  draw(runs) {
    const lasts = groupByP(runs).map((group) => ({ group, ...group.runs[0]!.records.at(-1)!.nearest! }))
    const highest = Math.max(...lasts.flatMap(({ sampled, heldOut }) => [...sampled, ...heldOut]))
    const panels = lasts.map(({ group, sampled, heldOut }, i) => ({
      ...groupPanel(group, 180),
      data: {
        values: sampled.flatMap((share, distance) => [
          { distance, share, of: SAMPLED },
          { distance, share: heldOut[distance]!, of: HELD_OUT },
        ]),
      },
      mark: { type: 'bar' },
      encoding: {
        x: { field: 'distance', type: 'ordinal', title: 'tokens that differ', axis: { labelAngle: 0 } },
        xOffset: { field: 'of' },
        y: {
          field: 'share',
          type: 'quantitative',
          scale: { domain: [0, Math.min(1, 1.05 * highest)] },
          axis: { format: '%' },
          title: i === 0 ? 'share of strings' : null,
        },
        color: {
          field: 'of',
          type: 'nominal',
          title: null,
          scale: { domain: [SAMPLED, HELD_OUT], range: [COPY_COLOUR, '#0072B2'] },
          legend: { symbolType: 'square' },
        },
      },
    }))
    return figure(
      'How near to the training strings',
      [
        'Hamming distance to the nearest training string at the last checkpoint; 0 is an exact copy.',
        'A generaliser’s samples are as far away as held-out strings; a memoriser’s are nearer.',
      ],
      { hconcat: panels },
    )
  },
}
