import { groupByP } from '../../analysis/groups.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { COPY_COLOUR, figure, panelTitle, type Spec } from './theme.js'

const SAMPLED = 'samples'
const HELD_OUT = 'held-out strings'

export const nearest: Figure = {
  title: 'Distance to the training strings',
  caption: 'The first run of each P; as many held-out strings as samples.',
  needs: ['nearest'],
  draw,
}

/** Figure F: distance to the nearest training string at the last checkpoint, samples beside held-out strings. */
function draw(runs: readonly RunSummary[]): Spec {
  const highest = Math.max(
    ...groupByP(runs).flatMap(({ runs: [run] }) => {
      const nearest = run!.records.at(-1)!.nearest!
      return [...nearest.sampled, ...nearest.heldOut]
    }),
  )
  return figure(
    'How near to the training strings',
    [
      'Hamming distance to the nearest training string at the last checkpoint; 0 is an exact copy.',
      'A generaliser’s samples are as far away as held-out strings; a memoriser’s are nearer.',
    ],
    {
      hconcat: groupByP(runs).map((group, i) => {
        const nearest = group.runs[0]!.records.at(-1)!.nearest!
        const values = nearest.sampled.flatMap((share, distance) => [
          { distance, share, of: SAMPLED },
          { distance, share: nearest.heldOut[distance]!, of: HELD_OUT },
        ])
        return {
          title: panelTitle(group.P),
          width: 230,
          height: 180,
          data: { values },
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
        }
      }),
    },
  )
}
