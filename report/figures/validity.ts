import type { Clock } from '../../analysis/clocks.js'
import { groupByP, stepRange } from '../../analysis/groups.js'
import { depthOf } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { curvesWithRange, groupPanel, namedCurve, strikes, TRIANGLE } from './panels.js'
import { COPY_COLOUR, figure, levelColour, perLevel, stepAxis } from './theme.js'

/** Figure A: node validity per level and copies against step, one panel per P, with chance lines and τ marks. */
export const validity: Figure = {
  title: 'Depth acquired, and copies',
  caption:
    'Each panel is one training-set size. A level counts as acquired when its conditional validity stands half-way between chance and 1, measured on samples that are no copies.',
  needs: ['levels'],
  draw(runs) {
    const L = depthOf(runs)
    const names = [...perLevel(L, (level) => `level ${level}`), 'exact copies']
    const colours = [...perLevel(L, levelColour), COPY_COLOUR]
    const clocks: Clock[] = [
      ...perLevel(L, (level) => ({ kind: 'acquisition' as const, level, threshold: 0.5 })),
      { kind: 'copies', threshold: 0.25 },
    ]
    const color = {
      field: 'series',
      type: 'nominal',
      title: null,
      scale: { domain: names, range: colours },
      sort: null,
    }
    const x = stepAxis(stepRange(runs))
    const panels = groupByP(runs).map((group, i) => {
      const curves = names.flatMap((series, at) =>
        namedCurve(group, series, ({ copies, levels }) =>
          at === names.length - 1 ? copies?.rate : levels![at]!.nodeValidity,
        ),
      )
      const chance = group.runs[0]!.records[0]!.levels!.map((level, i) => ({
        series: names[i]!,
        value: level.uniformChance,
      }))
      const marks = strikes(group.runs, clocks, names)
      const y = {
        field: 'value',
        type: 'quantitative',
        scale: { domain: [0, 1.08], nice: false },
        axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.2~f' },
        title: i === 0 ? 'share' : null,
      }
      return {
        ...groupPanel(group, 240),
        layer: [
          {
            data: { values: chance },
            mark: { type: 'rule', strokeDash: [2, 3], strokeWidth: 1.2, opacity: 0.8 },
            encoding: { y, color },
          },
          ...curvesWithRange(curves, { x, y, color }),
          {
            data: { values: marks.map((mark) => ({ ...mark, value: 1.05 })) },
            mark: TRIANGLE,
            encoding: { x, y, color },
          },
        ],
      }
    })
    return figure(
      'Grammar depth acquired, and exact copies',
      [
        'share of blocks that parse, by level counted from the leaves; share of samples that are training strings',
        '▼ level acquired (q = .5) or memorised (ρ = .25); dotted: independent uniform tokens',
      ],
      { hconcat: panels },
    )
  },
}
