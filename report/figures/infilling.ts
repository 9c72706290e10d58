import type { Figure } from './figure.js'
import { coloured, firstOfEach, lastStep, PANEL, panelName, SHARE } from './panels.js'
import { COPY_COLOUR, figure } from './theme.js'

/** What infilling recovers of hidden stretches, at the last checkpoint. */
export const infilling: Figure = {
  title: 'Extraction by infilling',
  caption: 'What is restored of training strings beyond held-out ones is remembered.',
  needs: ['infilling'],
  draw(runs) {
    const names = ['training strings', 'held-out strings', 'exact posterior']
    const colours = [COPY_COLOUR, '#0072B2', '#777777']
    const panels = firstOfEach(runs).map((run) => {
      const rows = run.phenomena.infilling!
      const network = rows.filter((row) => row.step === lastStep(rows))
      const exact = rows.filter((row) => row.step === null)
      const values = [
        ...network.map((row) => ({ ...row, series: names[0]!, value: row.train })),
        ...network.map((row) => ({ ...row, series: names[1]!, value: row.heldOut })),
        ...exact.map((row) => ({ ...row, series: names[2]!, value: row.heldOut })),
      ].map(({ level, series, value, aligned }) => ({
        level,
        series,
        value,
        stretch: aligned ? 'block' : 'beside',
      }))
      const x = {
        field: 'level',
        type: 'ordinal',
        title: 'level ℓ of the stretch',
        axis: { labelAngle: 0 },
      }
      const y = { ...SHARE, field: 'value', title: 'share restored' }
      const encoding = {
        x,
        y,
        xOffset: { field: 'series', sort: names },
        color: coloured(null, names, colours),
      }
      const points = (stretch: string, filled: boolean) => ({
        data: { values: values.filter((value) => value.stretch === stretch) },
        mark: { type: 'point', filled, size: 80, opacity: 1, strokeWidth: 2 },
        encoding,
      })
      return { ...PANEL, title: panelName(run), layer: [points('beside', false), points('block', true)] }
    })
    return figure(
      'Extraction by infilling',
      [
        'stretches of s^ℓ tokens that a sample restores exactly, at the last checkpoint',
        'filled: blocks of the grammar; hollow: half a block beside them',
      ],
      { hconcat: panels },
    )
  },
}
