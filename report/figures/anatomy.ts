import { copiedBeyondChance } from '../../analysis/depth.js'
import { averageCurve, groupByP, stepRange } from '../../analysis/groups.js'
import { depthOf, type RunSummary } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { coloured, PANEL } from './panels.js'
import { COPY_COLOUR, figure, levelColour, panelTitle, type Spec, stepAxis } from './theme.js'

/** A level of which more of a perfect generaliser's blocks stand in the training strings shows nothing. */
const ALL_KNOWN = 0.98

export const anatomy: Figure = {
  title: 'Anatomy of a copy',
  caption:
    'Blocks are copied before whole strings are. A level of which nearly every block stands in the training strings is left out.',
  needs: ['levels'],
  draw,
}

/** Pieces of training strings among valid blocks beyond chance, by level: how copies are put together. */
function draw(runs: readonly RunSummary[]): Spec {
  const L = depthOf(runs)
  const names = [...Array.from({ length: L - 1 }, (_, i) => `level ${i + 1} blocks`), 'whole strings']
  const colours = [...Array.from({ length: L - 1 }, (_, i) => levelColour(i + 1)), COPY_COLOUR]
  const domain = stepRange(runs)
  return figure(
    'Anatomy of a copy',
    [
      'share of valid blocks that are pieces of training strings at their place,',
      'beyond those of a perfect generaliser: (copied − c0)/(1 − c0)',
    ],
    {
      hconcat: groupByP(runs).map((group) => ({
        ...PANEL,
        title: panelTitle(group.P),
        data: {
          values: names.flatMap((series, i) =>
            averageCurve(group, ({ levels }) => copiedBeyondChance(levels![i]!, ALL_KNOWN)).map((point) => ({
              series,
              ...point,
            })),
          ),
        },
        mark: { type: 'line', strokeWidth: 2.2, clip: true },
        encoding: {
          x: stepAxis(domain),
          y: {
            field: 'value',
            type: 'quantitative',
            scale: { domain: [-0.2, 1] },
            title: 'copied beyond chance',
          },
          color: coloured(null, names, colours),
        },
      })),
    },
  )
}
