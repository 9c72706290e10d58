import { depthOf } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { coloured, firstOfEach, lastStep, PANEL, panelName, SHARE } from './panels.js'
import { COPY_COLOUR, figure, levelColour, perLevel } from './theme.js'

/** Copies and validity against the number of sampler steps, at the last checkpoint. */
export const samplerSteps: Figure = {
  title: 'Copies against sampler steps',
  caption:
    'Fewer steps fill several tokens at once, as if they were independent: copies and deep validity fall together.',
  needs: ['sampler-steps'],
  draw(runs) {
    const [L, d] = [depthOf(runs), runs[0]!.source.length]
    const names = [...perLevel(L, (level) => `level ${level} valid`), 'novel, valid', 'copies']
    const colours = [...perLevel(L, levelColour), '#000000', COPY_COLOUR]
    const panels = firstOfEach(runs).map((run) => {
      const rows = run.phenomena['sampler-steps']!
      const last = rows.filter((row) => row.step === lastStep(rows))
      const values = last.flatMap((row) =>
        [...row.validity, row.novelValid, row.copies].map((value, i) => ({
          series: names[i]!,
          steps: row.steps,
          value,
          oneByOne: row.oneByOne,
        })),
      )
      const x = {
        field: 'steps',
        type: 'quantitative',
        title: 'sampler steps',
        scale: { type: 'log', base: 2, nice: false, domain: [0.9, 4.4 * d] },
        axis: {
          values: [1, 2, 4, 8, 16, 32, 64, 128, 256].filter((value) => value <= 4 * d),
          format: 'd',
        },
      }
      const y = { ...SHARE, field: 'value', title: 'share' }
      const color = coloured(null, names, colours)
      return {
        ...PANEL,
        title: panelName(run),
        layer: [
          {
            data: { values: values.filter((row) => !row.oneByOne) },
            mark: { type: 'line', point: true },
            encoding: { x, y, color },
          },
          {
            data: { values: values.filter((row) => row.oneByOne) },
            mark: { type: 'point', shape: 'diamond', filled: true, size: 90, opacity: 1 },
            encoding: { x, y, color },
          },
        ],
      }
    })
    return figure(
      'Copies and validity against sampler steps',
      [
        'ancestral sampler with a uniform grid; ◆ one token per call, in random order',
        'at the last checkpoint',
      ],
      { hconcat: panels },
    )
  },
}
