import { averageCurve, type Group, groupByP, stepRange } from '../../analysis/groups.js'
import { depthOf } from '../../analysis/run-summary.js'
import type { Figure } from './figure.js'
import { groupPanel, valueAxis } from './panels.js'
import { COPY_COLOUR, figure, levelColour, stepAxis } from './theme.js'

const MEMORISER = 'memoriser'

/** Figure D: divergence from every depth's Bayes-optimal denoiser, and from the memoriser, against step; one panel per P. */
export const staircase: Figure = {
  title: 'Against exact oracles',
  caption:
    'BP ℓ is the exact posterior of a grammar whose levels above ℓ are unknown; its loss is a floor for any network of that depth. The memoriser is the posterior over the training strings.',
  needs: ['oracles'],
  draw(runs) {
    const domain = stepRange(runs)
    const depths = Array.from({ length: depthOf(runs) + 1 }, (_, depth) => depth)
    const curves = groupByP(runs).map((group) => ({ group, points: oracleCurves(group, depths) }))
    // What matters is who is nearest: far above that the curves only rise.
    const highest = Math.max(
      ...curves.flatMap(({ points }) => points.filter((p) => p.step === domain[0]).map((p) => p.value)),
    )
    const names = [...depths.map(nameOf), MEMORISER]
    const colours = [...depths.map((depth) => (depth === 0 ? '#999999' : levelColour(depth))), COPY_COLOUR]
    const panels = curves.map(({ group, points }, i) => ({
      ...groupPanel(group, 240),
      data: { values: points },
      mark: { type: 'line', strokeWidth: 2.2, clip: true },
      encoding: {
        x: stepAxis(domain),
        y: valueAxis(i === 0 ? 'KL, nats per hidden token' : null, { domain: [0, 1.1 * highest] }),
        color: {
          field: 'oracle',
          type: 'nominal',
          title: null,
          sort: names,
          scale: { domain: names, range: colours },
        },
      },
    }))
    return figure(
      'The oracle staircase: which exact denoiser the network is nearest to',
      [
        'KL(oracle‖network) on masked held-out strings. BP ℓ knows the grammar up to level ℓ; the lowest curve is the depth acquired.',
        'Where the memoriser crosses the others, the network answers from its training strings.',
      ],
      { hconcat: panels },
    )
  },
}

function nameOf(depth: number): string {
  return `BP ${depth}`
}

function oracleCurves(group: Group, depths: readonly number[]) {
  const curve = (oracle: string, read: Parameters<typeof averageCurve>[1]) =>
    averageCurve(group, read).map((point) => ({ oracle, ...point }))
  return [
    ...depths.flatMap((depth) => curve(nameOf(depth), (record) => record.oracles?.bayes[depth] ?? null)),
    ...curve(MEMORISER, (record) => record.oracles?.memoriser ?? null),
  ]
}
