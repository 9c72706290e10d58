import { averageCurve, groupByP, stepRange } from '../groups.js'
import type { Prototype } from '../phenomena/results.js'
import type { RunSummary } from '../run-summary.js'
import { COPY_COLOUR, figure, levelColour, type Spec, stepAxis } from './theme.js'

/** Panels side by side, one per run (or kind of run), that a figure of an experiment is made of. */
const PANEL = { width: 220, height: 210 }
const SHARE = { type: 'quantitative', scale: { domain: [0, 1] }, axis: { format: '.2~f', tickCount: 5 } }

function panelName({ P, label }: RunSummary): Spec {
  return {
    text: label ? [`P = ${P}`, label] : `P = ${P}`,
    fontWeight: 'normal',
    fontSize: 13,
    anchor: 'middle',
  }
}

function coloured(title: string | null, names: readonly string[], colours: readonly string[]): Spec {
  return { field: 'series', type: 'nominal', title, sort: null, scale: { domain: names, range: colours } }
}

/** The last checkpoint that an experiment measured. */
function lastStep(rows: readonly { readonly step: number | null }[]): number {
  return Math.max(...rows.map((row) => row.step ?? 0))
}

/** One run of each P and label: the first seed stands for all. */
function firstOfEach(runs: readonly RunSummary[]): RunSummary[] {
  const seen = new Set<string>()
  return [...runs]
    .sort((a, b) => a.P - b.P)
    .filter(({ P, label }) => !seen.has(`${P}/${label}`) && seen.add(`${P}/${label}`))
}

/** Copies and validity against the number of sampler steps, at the last checkpoint. */
export function samplerStepsFigure(runs: readonly RunSummary[]): Spec {
  const { L, d } = runs[0]!.tables
  const names = [...Array.from({ length: L }, (_, i) => `level ${i + 1} valid`), 'novel, valid', 'copies']
  const colours = [...Array.from({ length: L }, (_, i) => levelColour(i + 1)), '#000000', COPY_COLOUR]
  return figure(
    'Copies and validity against sampler steps',
    [
      'ancestral sampler with a uniform grid; ◆ one token per call, in random order',
      'at the last checkpoint',
    ],
    {
      hconcat: firstOfEach(runs).map((run) => {
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
          axis: { values: [1, 2, 4, 8, 16, 32, 64, 128, 256].filter((value) => value <= 4 * d), format: 'd' },
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
      }),
    },
  )
}

/** Flips per level and susceptibility after a U-turn, network against exact posterior. */
export function uTurnFigure(runs: readonly RunSummary[]): Spec {
  const { L, d } = runs[0]!.tables
  const levels = Array.from({ length: L + 1 }, (_, level) => (level === 0 ? 'tokens' : `level ${level}`))
  const colours = ['#777777', ...Array.from({ length: L }, (_, i) => levelColour(i + 1))]
  const x = {
    field: 'hidden',
    type: 'quantitative',
    title: 'share of tokens hidden, t',
    scale: { domain: [0, 1] },
  }
  return figure(
    'U-turn: what a string keeps after masking and denoising',
    [
      'above: symbols that change, network (line) and exact posterior (dashed)',
      'below: susceptibility, how many tokens change together',
    ],
    {
      hconcat: firstOfEach(runs).map((run) => {
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
      }),
      resolve: { scale: { color: 'independent' } },
    },
  )
}

/** What infilling recovers of hidden stretches, at the last checkpoint. */
export function infillingFigure(runs: readonly RunSummary[]): Spec {
  const names = ['training strings', 'held-out strings', 'exact posterior']
  const colours = [COPY_COLOUR, '#0072B2', '#777777']
  return figure(
    'Extraction by infilling',
    [
      'stretches of s^ℓ tokens that a sample restores exactly, at the last checkpoint',
      'filled: blocks of the grammar; hollow: half a block beside them',
    ],
    {
      hconcat: firstOfEach(runs).map((run) => {
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
      }),
    },
  )
}

const THIRDS = ['likely third', 'middle third', 'unlikely third']

/** Share of training strings that samples have repeated, by how likely the grammar makes them. */
export function prototypesFigure(runs: readonly RunSummary[]): Spec {
  const domain = stepRange(runs)
  return figure(
    'Prototypical memorisation: likely strings are copied first',
    [
      'share of the training strings that samples have repeated by a step, in thirds of probability under the grammar;',
      'where all strings are equally likely, in thirds of how many training strings share their halves',
    ],
    {
      hconcat: firstOfEach(runs).map((run) => {
        const strings = run.phenomena.prototypes!
        const equal = new Set(strings.map((string) => string.logProbability.toFixed(6))).size === 1
        const rank = (string: Prototype) => (equal ? string.common : string.logProbability)
        const sorted = [...strings].sort((a, b) => rank(b) - rank(a))
        const third = Math.ceil(sorted.length / 3)
        const values = run.records.flatMap(({ step }) =>
          step === 0
            ? []
            : THIRDS.map((series, i) => {
                const members = sorted.slice(i * third, (i + 1) * third)
                const copied = members.filter(
                  ({ firstCopied }) => firstCopied !== null && firstCopied <= step,
                )
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
      }),
    },
  )
}

/** Pieces of training strings among valid blocks beyond chance, by level: how copies are put together. */
export function anatomyFigure(runs: readonly RunSummary[]): Spec {
  const { L } = runs[0]!.tables
  const names = [...Array.from({ length: L - 1 }, (_, i) => `level ${i + 1} blocks`), 'whole strings']
  const colours = [...Array.from({ length: L - 1 }, (_, i) => levelColour(i + 1)), COPY_COLOUR]
  const domain = stepRange(runs)
  return figure(
    'Anatomy of a copy',
    [
      'share of valid blocks that are pieces of training strings at their place,',
      'beyond those of a perfect generaliser: (copied − c0)/(1 − c0)',
    ],
    {
      hconcat: groupByP(runs).map((group) => ({
        ...PANEL,
        title: { text: `P = ${group.P}`, fontWeight: 'normal', fontSize: 13, anchor: 'middle' },
        data: {
          values: names.flatMap((series, i) =>
            averageCurve(group, ({ levels }) => {
              const { blockCopies, blockCopiesExpected: expected } = levels[i]!
              return blockCopies === null || expected === null || expected > 0.98
                ? null
                : (blockCopies - expected) / (1 - expected)
            }).map((point) => ({ series, ...point })),
          ),
        },
        mark: { type: 'line', strokeWidth: 2.2, clip: true },
        encoding: {
          x: stepAxis(domain),
          y: {
            field: 'value',
            type: 'quantitative',
            scale: { domain: [-0.2, 1] },
            title: 'copied beyond chance',
          },
          color: coloured(null, names, colours),
        },
      })),
    },
  )
}
