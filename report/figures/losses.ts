import { strikeOf } from '../../analysis/clocks.js'
import { type Group, groupByP, stepRange } from '../../analysis/groups.js'
import { reachedStep } from '../../analysis/strike.js'
import type { Figure } from './figure.js'
import { curvesWithRange, groupPanel, namedCurve, TRIANGLE, valueAxis } from './panels.js'
import { figure, stepAxis } from './theme.js'

const SERIES = ['train', 'test'] as const
const COLOURS = ['#D55E00', '#0072B2']

/** Figure B: train and test NELBO against step with the two floors, one panel per P. */
export const losses: Figure = {
  title: 'Losses and their floors',
  caption:
    'Same noise at every checkpoint for training and held-out strings. Where what a perfect generaliser loses on them is not H, their floors stand apart: −ln p, or what the best denoiser of a noisy chain loses. The curves are cut where a memorising run’s test loss leaves the frame.',
  needs: ['losses'],
  draw(runs) {
    const domain = stepRange(runs)
    const curves = groupByP(runs).map((group) => ({
      group,
      points: SERIES.flatMap((series) => namedCurve(group, series, ({ losses }) => losses![series].mean)),
    }))
    const floors = runs.map((run) => run.records[0]!.losses!.floors)
    // A memorising run's test loss grows without bound; what matters is its turn.
    const start = Math.max(
      ...curves.flatMap(({ points }) => points.filter((p) => p.step === domain[0]).map((p) => p.value)),
    )
    const top = Math.min(start * 1.5, Math.max(...curves.flatMap(({ points }) => points.map((p) => p.value))))
    const range = [0.92 * Math.min(...floors.map((f) => f.memoriser)), top]
    const known = floors.some(({ entropy }) => entropy !== undefined)
    const x = stepAxis(domain)
    const color = { field: 'series', type: 'nominal', title: null, scale: { domain: SERIES, range: COLOURS } }
    const panels = curves.map(({ group, points }, i) => {
      const { memoriser } = group.runs[0]!.records[0]!.losses!.floors
      const y = valueAxis(i === 0 ? 'NELBO, nats per string' : null, {
        domain: range,
        nice: false,
        zero: false,
      })
      const labelled = [
        ...generaliserFloors(group),
        { value: memoriser, label: `ln P = ${memoriser.toFixed(2)}` },
      ].sort((a, b) => b.value - a.value)
      const turns = group.runs.flatMap(
        (run) => reachedStep(strikeOf(run.clocks, { kind: 'test-minimum' })) ?? [],
      )
      return {
        ...groupPanel(group, 240),
        layer: [
          {
            data: { values: labelled },
            mark: { type: 'rule', strokeDash: [5, 4], color: '#666' },
            encoding: { y },
          },
          // Floors of training and held-out strings may lie close: the lower one is named below its line.
          ...(['above', 'below'] as const).map((side) => ({
            data: {
              values: labelled.filter((_, i) => (side === 'below') === (i === 1 && labelled.length === 3)),
            },
            mark: {
              type: 'text',
              align: 'left',
              baseline: side === 'above' ? 'bottom' : 'top',
              dx: 4,
              dy: side === 'above' ? -2 : 3,
              color: '#444',
              fontSize: 11,
            },
            encoding: { y, x: { value: 0 }, text: { field: 'label' } },
          })),
          ...curvesWithRange(points, { x, y, color }, { clip: true }),
          {
            data: { values: turns.map((step) => ({ step, series: 'test' })) },
            mark: TRIANGLE,
            encoding: { x, y: { value: 8 }, color },
          },
        ],
      }
    })
    return figure(
      'Training and held-out loss, with floors',
      [
        'Bound on −ln p with the same noise at every checkpoint; ▼ minimum of the test loss',
        `${known ? 'H or floor: what a perfect generaliser loses on these strings; ' : ''}ln P: −ln p of a memoriser’s strings`,
      ],
      { hconcat: panels },
    )
  },
}

/** Shown apart where strings are not equally likely or a chain's bound is above −ln p, so that a set of them has a floor of its own. */
const APART = 0.01

/** What a perfect generaliser would lose: H, and on the measured strings where that is something else. */
function generaliserFloors(group: Group): { readonly value: number; readonly label: string }[] {
  const { entropy, train, test } = group.runs[0]!.records[0]!.losses!.floors
  if (entropy === undefined) return []
  const own = [
    { value: train, label: 'train' },
    { value: test, label: 'test' },
  ].flatMap(({ value, label }) =>
    value === undefined || Math.abs(value - entropy) < APART
      ? []
      : [{ value, label: `floor, ${label} = ${value.toFixed(2)}` }],
  )
  return [...(own.length === 2 ? [] : [{ value: entropy, label: `H = ${entropy.toFixed(2)}` }]), ...own]
}
