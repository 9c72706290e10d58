import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { InputError } from '../common/error.js'
import { readText, sha256 } from '../common/files.js'
import { type Overrides, withOverrides } from '../common/overrides.js'
import { parseWith } from '../common/schema.js'
import type { AnyExperiment, Experiments } from './experiment.js'
import { EXPERIMENTS } from './experiments.js'
import { variantNames } from './variants.js'

const overrides = z.record(z.string(), z.unknown())

/** A study file: one base run, and axes whose cross product makes the cells. */
export const studySchema = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]*$/, 'letters, digits, dots, dashes; a letter or digit first'),
  title: z.string().optional(),
  description: z.string().optional(),
  experiment: z.string().optional().describe('what a cell is, default the first experiment there is'),
  base: z
    .record(z.string(), z.unknown())
    .describe('a cell of the experiment: a run, as `train --config` takes it'),
  axes: z
    .array(z.union([z.array(overrides).min(1), z.record(z.string(), z.array(z.unknown()).min(1))]))
    .default([])
    .describe(
      'each axis is a list of overrides by dotted path (a `label` names one), or one path with its values',
    ),
})

export interface Study {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly experiment: AnyExperiment
  /** How the experiment measures cells. */
  readonly options: unknown
  readonly cells: readonly StudyCell[]
  /** The text it was read from. */
  readonly source: string
}

/** One run of a study. */
export interface StudyCell {
  /** Names its directory; made of what the axes set. */
  readonly key: string
  /** What sets it apart from other cells beside P and seeds: the labels of its axis points, or what they set. */
  readonly label: string
  /** As the experiment's schema reads it. */
  readonly config: unknown
}

/** Reads a study file and expands its cells; every cell's configuration is checked. Throws InputError with line:column. */
export function readStudy(path: string, experiments: Experiments = EXPERIMENTS): Study {
  return parseStudy(readText(path, 'study'), path, experiments)
}

/**
 * The same from its text.
 *
 * @param path names the file in errors
 * @param experiments what it may name as its experiment
 *
 * @example
 * ```ts
 * import { parseStudy } from 'pcfg-diffusion/study'
 *
 * const { cells } = parseStudy(`
 *   name: sizes
 *   base: { grammar: { v: 8, m: 2, s: 2, L: 3 }, corpus: { test: 64 } }
 *   axes:
 *     - corpus.train: [32, 64]
 *     - seed: ["0", "1"]
 * `)
 * cells.map(({ key }) => key) // → ["P=32+seed=0", "P=32+seed=1", "P=64+seed=0", "P=64+seed=1"]
 * ```
 */
export function parseStudy(source: string, path = 'study', experiments: Experiments = EXPERIMENTS): Study {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  const [problem] = document.errors
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0])
    throw new InputError(`${path}:${line}:${col}`, problem.message.split('\n')[0], 'valid YAML')
  }
  const {
    name,
    title,
    description,
    experiment: kind = Object.keys(experiments)[0]!,
    base,
    axes,
    ...measuring
  } = parseWith(studySchema, document.toJS(), path)
  const experiment = Object.hasOwn(experiments, kind) ? experiments[kind] : undefined
  if (!experiment)
    throw new InputError(`${path}.experiment`, kind, `one of ${Object.keys(experiments).join(', ')}`)
  const options = parseWith(experiment.options, measuring, path)
  const cells = expand(axes).map((points) => {
    const paths = points.flatMap(Object.keys).filter((name) => name !== 'label')
    const twice = paths.find((name, i) => paths.indexOf(name) < i)
    if (twice !== undefined) throw new InputError(`${path}: axes`, twice, 'each path on one axis only')
    const { label: _, ...set } = Object.assign({}, ...points) as Overrides
    const written = withOverrides(base, set) as { readonly batch?: unknown }
    return {
      key: cellKey(points),
      // A full batch is of one kind, whatever P is.
      rule: written.batch === 'full' ? { batch: 'full' } : {},
      label: points.flatMap(({ label }) => (label === undefined ? [] : [String(label)])).join(', '),
      config: parseWith(experiment.schema, written, `${path}: base`),
    }
  })
  for (const { config } of cells) experiment.check(config, options)
  const variants = variantNames(
    cells.map(({ config, rule }) => ({ ...(config as object), ...rule })),
    experiment.ofOneKind,
  )
  const keys = new Set(cells.map((cell) => cell.key))
  if (keys.size < cells.length)
    throw new InputError(`${path}: axes`, axes, 'cells that differ from one another')
  return {
    name,
    title: title ?? name,
    description: description ?? '',
    experiment,
    options,
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
