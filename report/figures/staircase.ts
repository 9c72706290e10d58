import { strikeOf } from '../../analysis/clocks.js'
import { averageCurve, type Group, groupByP, stepRange } from '../../analysis/groups.js'
import { depthOf } from '../../analysis/run-summary.js'
import { reachedStep } from '../../analysis/strike.js'
import type { Figure } from './figure.js'
import { groupPanel, TRIANGLE, valueAxis, withinPanel } from './panels.js'
import { COPY_COLOUR, figure, levelColour, stepAxis } from './theme.js'

const MEMORISER = 'memoriser'

/** Figure D: divergence from every depth's Bayes-optimal denoiser, and from the memoriser, against step; one panel per P. */
export const staircase: Figure = {
  title: 'Against exact oracles',
  caption:
    'BP ℓ is the exact posterior of a grammar whose levels above ℓ are unknown; its loss is a floor for any network of that depth. The memoriser is the posterior over the training strings, on the masked strings that some of them agree with; BP ℓ is drawn on all. The clock τ_oracle (▼) compares both on the same masked strings.',
  needs: ['oracles'],
  draw(runs) {
    const domain = stepRange(runs)
    const depths = Array.from({ length: depthOf(runs) + 1 }, (_, depth) => depth)
    const curves = groupByP(runs).map((group) => ({ group, points: oracleCurves(group, depths) }))
    // What matters is who is nearest: far above that the curves only rise.
    const highest = Math.max(
      ...curves.flatMap(({ points }) => points.filter((p) => p.step === domain[0]).map((p) => p.value)),
    )
    const frame = [0, 1.1 * highest] as const
    const names = [...depths.map(nameOf), MEMORISER]
    const colours = [...depths.map((depth) => (depth === 0 ? '#999999' : levelColour(depth))), COPY_COLOUR]
    const panels = curves.map(({ group, points }, i) => ({
      ...groupPanel(group, 240),
      encoding: {
        x: stepAxis(domain),
        color: {
          field: 'oracle',
          type: 'nominal',
          title: null,
          sort: names,
          scale: { domain: names, range: colours },
        },
      },
      layer: [
        {
          data: {
            values: names.flatMap((name) =>
              withinPanel(
                points.filter(({ oracle }) => oracle === name),
                frame,
              ),
            ),
          },
          mark: { type: 'line', strokeWidth: 2.2, clip: true },
          encoding: { y: valueAxis(i === 0 ? 'KL, nats per hidden token' : null, { domain: frame }) },
        },
        {
          data: { values: nearest(group).map((step) => ({ step, oracle: MEMORISER })) },
          mark: TRIANGLE,
          encoding: { y: { value: 8 } },
        },
      ],
    }))
    return figure(
      'The oracle staircase: which exact denoiser the network is nearest to',
      [
        'KL(oracle‖network) on masked held-out strings. BP ℓ knows the grammar up to level ℓ; the lowest of them is the depth acquired.',
        'The memoriser is drawn where it has an answer; ▼ it comes nearest among masked strings that all have an answer to.',
      ],
      { hconcat: panels },
    )
  },
}

/** Steps at which the memoriser comes nearest. */
function nearest(group: Group): number[] {
  return group.runs.flatMap((run) => reachedStep(strikeOf(run.clocks, { kind: 'memoriser-nearest' })) ?? [])
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
