import { depthOf } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { coloured, firstOfEach, lastStep, PANEL, panelName, SHARE } from './panels.js'
import { COPY_COLOUR, figure, levelColour, perLevel } from './theme.js'

/** Flips per level and susceptibility after a U-turn, network against exact posterior. */
export const uTurn: Figure = {
  title: 'U-turn',
  caption:
    'Held-out strings. A network that has a level keeps its symbols as long as the exact posterior does.',
  needs: ['u-turn'],
  draw(runs) {
    const [L, d] = [depthOf(runs), runs[0]!.source.length]
    const levels = ['tokens', ...perLevel(L, (level) => `level ${level}`)]
    const colours = ['#777777', ...perLevel(L, levelColour)]
    const x = {
      field: 'hidden',
      type: 'quantitative',
      title: 'share of tokens hidden, t',
      scale: { domain: [0, 1] },
    }
    const panels = firstOfEach(runs).map((run) => {
      const rows = run.phenomena['u-turn']!
      const last = lastStep(rows)
      const flips = rows
        .filter((row) => row.step === last || row.step === null)
        .flatMap((row) =>
          row.flips.map((value, level) => ({
            series: levels[level]!,
            exact: row.step === null ? 'exact' : 'network',
            hidden: row.hidden / d,
            value,
          })),
        )
      const steps = [...new Set(rows.map((row) => row.step))]
      const name = (step: number | null) => (step === null ? 'exact' : `step ${step}`)
      const order = steps.map(name)
      const shades = ['#bbbbbb', '#6699bb', '#1f5a8a', '#0b2c4a'].slice(-(steps.length - 1))
      return {
        vconcat: [
          {
            ...PANEL,
            title: panelName(run),
            data: { values: flips },
            mark: { type: 'line', strokeWidth: 2 },
            encoding: {
              x: { ...x, title: null },
              y: { ...SHARE, field: 'value', title: 'share changed' },
              color: coloured('symbols', levels, colours),
              strokeDash: {
                field: 'exact',
                type: 'nominal',
                title: null,
                scale: {
                  domain: ['network', 'exact'],
                  range: [
                    [1, 0],
                    [4, 3],
                  ],
                },
              },
            },
          },
          {
            ...PANEL,
            height: 150,
            data: {
              values: rows.map((row) => ({
                series: name(row.step),
                hidden: row.hidden / d,
                value: row.susceptibility,
              })),
            },
            mark: { type: 'line', strokeWidth: 2 },
            encoding: {
              x,
              y: { field: 'value', type: 'quantitative', title: 'susceptibility χ' },
              color: coloured(`P = ${run.P}`, order, [...shades, COPY_COLOUR].slice(-order.length)),
            },
          },
        ],
        resolve: { scale: { color: 'independent' } },
      }
    })
    return figure(
      'U-turn: what a string keeps after masking and denoising',
      [
        'above: symbols that change, network (line) and exact posterior (dashed)',
        'below: susceptibility, how many tokens change together',
      ],
      { hconcat: panels, resolve: { scale: { color: 'independent' } } },
    )
  },
}
