import { stepRange } from '../../analysis/groups.js'
import type { Prototype } from '../../analysis/phenomena/prototypes.js'
import type { Figure } from './figure.js'
import { coloured, firstOfEach, PANEL, panelName, SHARE } from './panels.js'
import { figure, stepAxis } from './theme.js'

const THIRDS = ['likely third', 'middle third', 'unlikely third']

/** Share of training strings that samples have repeated, by how likely the grammar makes them. */
export const prototypes: Figure = {
  title: 'Prototypical memorisation',
  caption: 'Counted in samples at every checkpoint.',
  needs: ['prototypes'],
  draw(runs) {
    const domain = stepRange(runs)
    const panels = firstOfEach(runs).map((run) => {
      const alike = runs.filter(({ P, label }) => P === run.P && label === run.label)
      const thirds = alike.map((one) => inThirds(one.phenomena.prototypes!))
      const values = run.records.flatMap(({ step }) =>
        step === 0
          ? []
          : THIRDS.map((series, i) => {
              const members = thirds.flatMap((parts) => parts[i]!)
              const copied = members.filter(({ firstCopied }) => firstCopied !== null && firstCopied <= step)
              return { series, step, value: copied.length / members.length }
            }),
      )
      return {
        ...PANEL,
        title: panelName(run),
        data: { values },
        mark: { type: 'line', strokeWidth: 2.2 },
        encoding: {
          x: stepAxis(domain),
          y: { ...SHARE, field: 'value', title: 'share copied' },
          color: coloured(null, THIRDS, ['#D55E00', '#999999', '#0072B2']),
        },
      }
    })
    return figure(
      'Prototypical memorisation: likely strings are copied first',
      [
        'share of the training strings that samples have repeated by a step, in thirds of probability under the grammar;',
        'where all strings are equally likely, in thirds of how many training strings share their halves',
      ],
      { hconcat: panels },
    )
  },
}

/** A run's strings by probability, most likely first, in three parts. */
export function inThirds(strings: readonly Prototype[]): Prototype[][] {
  const equal = new Set(strings.map((string) => string.logProbability.toFixed(6))).size === 1
  const rank = (string: Prototype) => (equal ? string.common : string.logProbability)
  const sorted = [...strings].sort((a, b) => rank(b) - rank(a))
  const third = Math.ceil(sorted.length / 3)
  return THIRDS.map((_, i) => sorted.slice(i * third, (i + 1) * third))
}
