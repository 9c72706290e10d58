import { reachedStep } from '../../analysis/clocks.js'
import { acquiredDepth } from '../../analysis/depth.js'
import { type Group, groupByP, stepRange } from '../../analysis/groups.js'
import { levelThresholds } from '../../analysis/laws/clock-laws.js'
import { headlineClocks, type RunSummary } from '../../analysis/run-summary.js'
import { isotonic } from '../../common/isotonic.js'
import { COPY_COLOUR, figure, levelColour, type Spec } from './theme.js'

/** One tile of the map: what runs of one P are like around one checkpoint. */
export interface PhaseTile {
  readonly P: number
  readonly step: number
  /** Mean over runs of how many levels, from the leaves up and without a gap, have q ≥ .5 and blocks that are not mostly copied. */
  readonly depth: number
  /** Mean memorised fraction ρ, at least 0. */
  readonly memorised: number
  readonly low: number
  readonly high: number
  readonly left: number
  readonly right: number
}

/** How depth and memorised fraction are smoothed over steps: not at all, or as if neither could fall again. */
export type Smoothing = 'none' | 'isotonic'

/** Acquired depth and memorised fraction over (P, step). Where too few novel samples are left to tell, the last depth stands. */
export function phaseTiles(runs: readonly RunSummary[], smooth: Smoothing = 'none'): PhaseTile[] {
  const groups = groupByP(runs)
  const columns = edges(groups.map((group) => group.P))
  return groups.flatMap((group, column) => {
    const steps = group.runs[0]!.records.map((record) => record.step).filter((step) => step > 0)
    const shared = steps.filter((step) => group.runs.every((run) => run.records.some((r) => r.step === step)))
    const rows = edges(shared)
    const smoothed = smooth === 'isotonic' ? isotonic : (values: number[]) => values
    const depth = smoothed(shared.map((step) => meanOver(group, (run) => depthAt(run, step))))
    const memorised = smoothed(shared.map((step) => meanOver(group, (run) => memorisedAt(run, step))))
    return shared.map((step, row) => ({
      P: group.P,
      step,
      depth: depth[row]!,
      memorised: memorised[row]!,
      low: rows[row]!,
      high: rows[row + 1]!,
      left: columns[column]!,
      right: columns[column + 1]!,
    }))
  })
}

function meanOver(group: Group, read: (run: RunSummary) => number): number {
  return group.runs.reduce((sum, run) => sum + read(run), 0) / group.runs.length
}

function memorisedAt(run: RunSummary, step: number): number {
  return Math.max(0, run.records.find((record) => record.step === step)!.copies?.memorised ?? 0)
}

/** Levels acquired by the last checkpoint up to a step that can tell. */
function depthAt(run: RunSummary, step: number): number {
  const until = run.records.filter((record) => record.step <= step)
  return until.reduce((depth, record) => acquiredDepth(record) ?? depth, 0)
}

/** Borders half-way between values in logarithm, and as far beyond the ends. */
function edges(values: readonly number[]): number[] {
  const logs = values.map(Math.log)
  if (logs.length === 1) return [values[0]! / Math.SQRT2, values[0]! * Math.SQRT2]
  const inner = logs.slice(1).map((log, i) => (log + logs[i]!) / 2)
  const [first, last] = [logs[0]! - (inner[0]! - logs[0]!), logs.at(-1)! + (logs.at(-1)! - inner.at(-1)!)]
  return [first, ...inner, last].map(Math.exp)
}

/** Figure G: the phase diagram. Lines are geometric means of the clocks over the runs of one P that reached them. */
export function phaseFigure(runs: readonly RunSummary[], smooth: Smoothing = 'none'): Spec {
  const { L } = runs[0]!.tables
  const tiles = phaseTiles(runs, smooth)
  const sizes = groupByP(runs).map((group) => group.P)
  const range = edges(sizes)
  const steps = stepRange(runs)
  const x = {
    type: 'quantitative',
    scale: { type: 'log', base: 2, domain: [range[0], range.at(-1)], nice: false },
    axis: { values: sizes, format: 'd', grid: false },
    title: 'training strings P',
  }
  const y = {
    type: 'quantitative',
    scale: {
      type: 'log',
      domain: [Math.min(...tiles.map((tile) => tile.low)), steps[1]],
      nice: false,
      clamp: true,
    },
    axis: { format: '~s', tickCount: 6, grid: false },
    title: 'optimiser step',
  }
  const names = [...Array.from({ length: L }, (_, i) => `τ_${i + 1}`), 'τ_test', 'τ_copy']
  const colours = [...Array.from({ length: L }, (_, i) => levelColour(i + 1)), '#000000', COPY_COLOUR]
  const lines = names.flatMap((clock) => clockLine(runs, clock))
  const reached = names.filter((name) => lines.some((line) => line.clock === name))
  const color = {
    field: 'clock',
    type: 'nominal',
    title: 'clocks',
    sort: null,
    scale: { domain: reached, range: reached.map((name) => colours[names.indexOf(name)]) },
  }
  const thresholds = levelThresholds(runs).flatMap(({ level, reuse, raw }) => [
    { P: reuse, label: `P*${level}` },
    ...(raw > reuse * 1.01 ? [{ P: raw, label: `P*${level} raw` }] : []),
  ])
  const inside = thresholds.filter(({ P }) => P > range[0]! && P < range.at(-1)!)
  const labels = [...new Set(inside.map(({ P }) => P))].map((P) => ({
    P,
    label: inside
      .filter((threshold) => threshold.P === P)
      .map((threshold) => threshold.label)
      .join(', '),
  }))
  return figure(
    'Phase diagram: depth acquired before copying begins',
    [
      'tiles: levels with q ≥ .5 on novel samples, their blocks not mostly copied; mean over runs',
      'dots: memorised fraction ρ; lines: clocks; dotted: data that level ℓ is predicted to',
      'take, for a learner that reuses rules, and for one that tells raw tuples apart',
      ...(smooth === 'isotonic' ? ['isotonic smoothing: neither depth nor ρ falls with steps'] : []),
    ],
    {
      width: 560,
      height: 380,
      layer: [
        {
          data: { values: tiles },
          mark: { type: 'rect', stroke: 'white', strokeWidth: 0.5 },
          encoding: {
            x: { ...x, field: 'left' },
            x2: { field: 'right' },
            y: { ...y, field: 'low' },
            y2: { field: 'high' },
            fill: {
              field: 'depth',
              type: 'quantitative',
              title: 'levels acquired',
              scale: { domain: [0, L], range: ['#f4f4f2', '#cfe3ef', '#8fbbd6', '#4d8bb5', '#1f5a8a'] },
              legend: { format: 'd', tickCount: L, gradientLength: 110 },
            },
          },
        },
        {
          data: { values: tiles.filter((tile) => tile.memorised > 0.02) },
          mark: { type: 'circle', color: COPY_COLOUR, opacity: 0.75 },
          encoding: {
            x: { ...x, field: 'P' },
            y: { ...y, field: 'step' },
            size: {
              field: 'memorised',
              type: 'quantitative',
              title: 'memorised ρ',
              scale: { domain: [0, 1], range: [0, 110] },
              legend: {
                values: [0.25, 0.5, 1],
                symbolType: 'circle',
                symbolFillColor: COPY_COLOUR,
                symbolStrokeWidth: 0,
              },
            },
          },
        },
        {
          data: { values: labels },
          mark: { type: 'rule', strokeDash: [2, 3], color: '#444' },
          encoding: { x: { ...x, field: 'P' } },
        },
        {
          data: { values: labels },
          mark: {
            type: 'text',
            angle: 270,
            align: 'right',
            baseline: 'bottom',
            dx: -4,
            dy: -2,
            fontSize: 10,
            color: '#444',
          },
          encoding: { x: { ...x, field: 'P' }, y: { value: 0 }, text: { field: 'label' } },
        },
        {
          data: { values: lines },
          mark: { type: 'line', strokeWidth: 2.5, point: { filled: true, size: 35 } },
          encoding: { x: { ...x, field: 'P' }, y: { ...y, field: 'step' }, color },
        },
      ],
      resolve: { scale: { color: 'independent', fill: 'independent' } },
    },
  )
}

function clockLine(runs: readonly RunSummary[], clock: string) {
  return groupByP(runs).flatMap(({ P, runs: members }) => {
    const struck = members.flatMap((run) => {
      const step = reachedStep(headlineClocks(run).find(({ name }) => name === clock)!.clock)
      return step === undefined ? [] : [Math.log(step)]
    })
    if (2 * struck.length < members.length || struck.length === 0) return []
    return [{ clock, P, step: Math.exp(struck.reduce((sum, log) => sum + log, 0) / struck.length) }]
  })
}
