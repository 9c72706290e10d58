import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { PHENOMENA, type PhenomenonName } from '../analysis/phenomena/results.js'
import { InputError } from '../common/error.js'
import { readText, sha256 } from '../common/files.js'
import { type Overrides, withOverrides } from '../common/overrides.js'
import { parseWith } from '../common/schema.js'
import { type RunConfig, runSchema } from '../run/config.js'
import { variantNames } from './variants.js'

/** How every checkpoint of a run or study is measured. */
export const analysisSchema = z.strictObject({
  samples: z.int().min(1).default(1000).describe('strings sampled per checkpoint'),
  strings: z.int().min(1).default(512).describe('training and held-out strings whose loss is measured'),
  exact: z
    .boolean()
    .default(false)
    .describe('sum the NELBO over all 2^T − 1 masks of up to 16 tokens: no noise, T = 8 costs 30 times more'),
  sampler: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('random-order'), temperature: z.number().min(0).default(1) }),
      z.strictObject({
        kind: z.literal('ancestral'),
        steps: z.int().min(1).default(8),
        grid: z.enum(['uniform', 'cosine']).default('uniform'),
        temperature: z.number().min(0).default(1),
      }),
    ])
    .default({ kind: 'random-order', temperature: 1 }),
  seed: z.string().min(1).default('0').describe('seed of the sampler and of the masks'),
})

/** Experiments beyond a checkpoint's record. */
export const phenomenaSchema = z.strictObject({
  kinds: z.array(z.enum(PHENOMENA as [PhenomenonName, ...PhenomenonName[]])).default([]),
  checkpoints: z.int().min(1).default(3).describe('of which the last is one, evenly apart'),
  strings: z.int().min(1).default(200).describe('training and held-out strings that are masked'),
  samples: z.int().min(1).default(1000).describe('strings sampled per checkpoint'),
  seed: z.string().min(1).default('0').describe('seed of masks and samples'),
})

export type PhenomenaOptions = z.output<typeof phenomenaSchema>

const overrides = z.record(z.string(), z.unknown())

/** A study file: one base run, and axes whose cross product makes the cells. */
export const studySchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dots, dashes'),
  title: z.string().optional(),
  description: z.string().optional(),
  base: z.record(z.string(), z.unknown()).describe('a run configuration, as `train --config` takes it'),
  axes: z
    .array(z.union([z.array(overrides).min(1), z.record(z.string(), z.array(z.unknown()).min(1))]))
    .default([])
    .describe(
      'each axis is a list of overrides by dotted path (a `label` names one), or one path with its values',
    ),
  analysis: analysisSchema.prefault({}),
  phenomena: phenomenaSchema.prefault({}),
})

export interface Study {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly analysis: z.output<typeof analysisSchema>
  readonly phenomena: PhenomenaOptions
  readonly cells: readonly Cell[]
  /** The text it was read from. */
  readonly source: string
}

/** One run of a study. */
export interface Cell {
  /** Names its directory; made of what the axes set. */
  readonly key: string
  /** What sets it apart from other cells beside P and seeds: the labels of its axis points, or what they set. */
  readonly label: string
  readonly config: RunConfig
}

/** Reads a study file and expands its cells; every cell's configuration is checked. Throws InputError with line:column. */
export function readStudy(path: string): Study {
  const source = readText(path, 'study')
  return parseStudy(source, path)
}

export function parseStudy(source: string, path = 'study'): Study {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  const [problem] = document.errors
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0])
    throw new InputError(`${path}:${line}:${col}`, problem.message.split('\n')[0], 'valid YAML')
  }
  const file = parseWith(studySchema, document.toJS(), path)
  const cells = expand(file.axes).map((points) => {
    const { label: _, ...set } = Object.assign({}, ...points) as Overrides
    const written = withOverrides(file.base, set) as { readonly batch?: unknown }
    return {
      key: cellKey(points),
      // A full batch is of one kind, whatever P is.
      rule: written.batch === 'full' ? { batch: 'full' } : {},
      label: points.flatMap(({ label }) => (label === undefined ? [] : [String(label)])).join(', '),
      config: parseWith(runSchema, written, `${path}: base`),
    }
  })
  const variants = variantNames(cells.map(({ config, rule }) => ({ ...config, ...rule })))
  const keys = new Set(cells.map((cell) => cell.key))
  if (keys.size < cells.length)
    throw new InputError(`${path}: axes`, file.axes, 'cells that differ from one another')
  return {
    name: file.name,
    title: file.title ?? file.name,
    description: file.description ?? '',
    analysis: file.analysis,
    phenomena: file.phenomena,
    cells: cells.map(({ key, config, label }, i) => ({ key, config, label: label || variants[i]! })),
    source,
  }
}

type Axis = z.output<typeof studySchema>['axes'][number]

/** The cross product of all axes: per cell, the point it takes on each of them. */
function expand(axes: readonly Axis[]): Overrides[][] {
  const points = axes.flatMap((axis): Overrides[][] =>
    Array.isArray(axis)
      ? [axis]
      : Object.entries(axis).map(([path, values]) => values.map((value) => ({ [path]: value }))),
  )
  return points.reduce<Overrides[][]>(
    (cells, axis) => cells.flatMap((cell) => axis.map((point) => [...cell, point])),
    [[]],
  )
}

/** A readable name: the label of each axis's point, or the first thing that it sets. Names that are too long end in a hash. */
function cellKey(points: readonly Overrides[]): string {
  const parts = points.flatMap((point) =>
    Object.entries(point.label === undefined ? point : { label: point.label })
      .slice(0, 1)
      .map(([path, value]) => {
        const text = typeof value === 'object' ? sha256(JSON.stringify(value)).slice(0, 8) : String(value)
        return path === 'label' ? text : `${path.replace(/^corpus\.train$/, 'P').replace(/\./g, '-')}=${text}`
      }),
  )
  const key = parts.join('+').replace(/[^\w.=+-]/g, '_') || 'run'
  return key.length <= 100 ? key : `${key.slice(0, 91)}-${sha256(key).slice(0, 8)}`
}
