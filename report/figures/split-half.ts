import type { Clock } from '../../analysis/clocks.js'
import { groupByP, stepRange } from '../../analysis/groups.js'
import type { Figure } from './figure.js'
import { coloured, PANEL, panelName, strikes } from './panels.js'
import { COPY_COLOUR, figure, stepAxis } from './theme.js'

/** What it should warn of. */
const CLOCKS: readonly Clock[] = [{ kind: 'train-below-floor' }, { kind: 'copies', threshold: 0.25 }]

/** Disagreement of two networks on disjoint halves, and the clocks that it should warn of. */
export const splitHalf: Figure = {
  title: 'Split-half agreement',
  caption:
    'What two networks on disjoint strings agree on is the language; what each has of its own is its strings.',
  needs: ['split-half'],
  draw(runs) {
    const domain = stepRange(runs)
    const names = ['train < H', 'copies (ρ = .25)']
    const panels = groupByP(runs).map(({ runs: members }) => {
      const x = stepAxis(domain)
      const y = { field: 'value', type: 'quantitative', title: 'disagreement', scale: { domainMin: 0 } }
      const curves = members.flatMap((run) =>
        run.phenomena['split-half']!.flatMap(({ step, disagreement }) =>
          disagreement === null || step === 0 ? [] : [{ run: run.key, step, value: disagreement }],
        ),
      )
      return {
        ...PANEL,
        title: panelName(members[0]!),
        layer: [
          {
            data: { values: curves },
            mark: { type: 'line', strokeWidth: 1.8, color: '#1f5a8a' },
            encoding: { x, y, detail: { field: 'run' } },
          },
          {
            data: { values: strikes(members, CLOCKS, names) },
            mark: { type: 'point', shape: 'triangle-down', filled: true, size: 70, opacity: 1 },
            encoding: {
              x,
              y: { value: 6 },
              color: {
                ...coloured('clocks', names, ['#CC79A7', COPY_COLOUR]),
                legend: { symbolType: 'triangle-down', symbolStrokeWidth: 0 },
              },
            },
          },
        ],
      }
    })
    return figure(
      'Two networks on disjoint halves of a corpus',
      [
        'symmetric KL of their predictions, as a share of what either has learned;',
        '0: both know the same; each line is a run, ▼ its clocks',
      ],
      { hconcat: panels },
    )
  },
}
