import { strikeOf } from '../../analysis/clocks.js'
import { type Group, groupByP, stepRange } from '../../analysis/groups.js'
import { depthOf } from '../../analysis/run-summary.js'
import { reachedStep } from '../../analysis/strike.js'
import type { Figure } from './figure.js'
import { groupPanel, namedCurve, TRIANGLE } from './panels.js'
import { COPY_COLOUR, figure, levelColour, perLevel, type Spec, stepAxis } from './theme.js'

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
    const domain = stepRange(runs)
    return figure(
      'Grammar depth acquired, and exact copies',
      [
        'share of blocks that parse, by level counted from the leaves; share of samples that are training strings',
        '▼ level acquired (q = .5) or memorised (ρ = .25); dotted: independent uniform tokens',
      ],
      { hconcat: groupByP(runs).map((group, i) => panel(group, names, colours, domain, i === 0)) },
    )
  },
}

function panel(
  group: Group,
  names: readonly string[],
  colours: readonly string[],
  domain: [number, number],
  first: boolean,
): Spec {
  const curves = names.flatMap((series, i) =>
    namedCurve(group, series, ({ copies, levels }) =>
      i === names.length - 1 ? copies?.rate : levels![i]!.nodeValidity,
    ),
  )
  const chance = group.runs[0]!.records[0]!.levels!.map((level, i) => ({
    series: names[i]!,
    value: level.uniformChance,
  }))
  const marks = group.runs.flatMap((run) => [
    ...names.slice(0, -1).map((series, i) => ({
      series,
      step: reachedStep(strikeOf(run.clocks, { kind: 'acquisition', level: i + 1, threshold: 0.5 })),
    })),
    {
      series: 'exact copies',
      step: reachedStep(strikeOf(run.clocks, { kind: 'copies', threshold: 0.25 })),
    },
  ])
  const color = {
    field: 'series',
    type: 'nominal',
    title: null,
    scale: { domain: names, range: colours },
    sort: null,
  }
  const y = {
    field: 'value',
    type: 'quantitative',
    scale: { domain: [0, 1.08], nice: false },
    axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.2~f' },
    title: first ? 'share' : null,
  }
  const x = stepAxis(domain)
  return {
    ...groupPanel(group, 240),
    layer: [
      {
        data: { values: chance },
        mark: { type: 'rule', strokeDash: [2, 3], strokeWidth: 1.2, opacity: 0.8 },
        encoding: { y, color },
      },
      {
        data: { values: curves },
        mark: { type: 'area', opacity: 0.15 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      {
        data: { values: curves },
        mark: { type: 'line', strokeWidth: 2.2 },
        encoding: { x, y, color },
      },
      {
        data: {
          values: marks.filter((mark) => mark.step !== undefined).map((mark) => ({ ...mark, value: 1.05 })),
        },
        mark: TRIANGLE,
        encoding: { x, y, color },
      },
    ],
  }
}
