import { copiedBeyondChance } from '../../analysis/depth.js'
import { groupByP, stepRange } from '../../analysis/groups.js'
import { depthOf } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { coloured, namedCurve, PANEL, valueAxis, withinPanel } from './panels.js'
import { COPY_COLOUR, figure, levelColour, panelTitle, perLevel, stepAxis } from './theme.js'

/** A level of which more of a perfect generaliser's blocks stand in the training strings shows nothing. */
export const ALL_KNOWN = 0.98
/** Copied beyond chance: a little below 0, where scatter goes. */
const SHOWN = [-0.2, 1] as const

/** Pieces of training strings among valid blocks beyond chance, by level: how copies are put together. */
export const anatomy: Figure = {
  title: 'Anatomy of a copy',
  caption:
    'Blocks are copied before whole strings are. A level of which nearly every block stands in the training strings is left out.',
  needs: ['levels'],
  draw(runs) {
    const L = depthOf(runs)
    const names = [...perLevel(L - 1, (level) => `level ${level} blocks`), 'whole strings']
    const colours = [...perLevel(L - 1, levelColour), COPY_COLOUR]
    const domain = stepRange(runs)
    const panels = groupByP(runs).map((group) => ({
      ...PANEL,
      title: panelTitle(group.P),
      data: {
        values: names.flatMap((series, i) =>
          withinPanel(
            namedCurve(group, series, ({ levels }) => copiedBeyondChance(levels![i]!, ALL_KNOWN)),
            SHOWN,
          ),
        ),
      },
      mark: { type: 'line', strokeWidth: 2.2, clip: true },
      encoding: {
        x: stepAxis(domain),
        y: valueAxis('copied beyond chance', { domain: SHOWN }),
        color: coloured(null, names, colours),
      },
    }))
    return figure(
      'Anatomy of a copy',
      [
        'share of valid blocks that are pieces of training strings at their place,',
        'beyond those of a perfect generaliser: (copied − c0)/(1 − c0)',
      ],
      { hconcat: panels },
    )
  },
}
