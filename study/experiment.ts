import type { z } from 'zod'
import type { PageOptions } from '../report/page/page.js'
import type { Row } from '../report/rows.js'
import type { Device } from '../train/runtime/runtime.js'

/** What a running cell tells the study. */
export interface CellProgress {
  /** Share of the cell's whole work, 0..1. */
  readonly share: number
  /** In words: "step 320/4000  loss 0.812". */
  readonly note: string
}

export interface CellContext<Options> {
  /** How the study wants its cells measured. */
  readonly options: Options
  readonly device: Device
  readonly onProgress: (progress: CellProgress) => void
  readonly signal?: AbortSignal | undefined
}

/** What one cell will take. */
export interface CellCost {
  /** Facts about the cell, by column. */
  readonly facts: Readonly<Record<string, number | string>>
  /** Floating-point operations. */
  readonly flops: number
  /** On one worker; null where nothing was measured. */
  readonly seconds: number | null
}

/** Where a cell stands, judged by what is on disk. */
export interface CellStand {
  readonly done: boolean
  readonly step: number
  readonly steps: number
}

/** Cells with their places on disk, under the name of their study. */
export interface PlacedStudy<Config> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly cells: readonly {
    readonly key: string
    readonly label: string
    readonly config: Config
    readonly directory: string
  }[]
  /** Cells that are not done, with the reason. */
  readonly missing: readonly { readonly key: string; readonly reason: string }[]
}

/** What cells have found so far, read once. */
export interface Findings {
  /** Cells that have found anything, and how much: changes where more was found. */
  readonly found: readonly { readonly key: string; readonly amount: number }[]
  /** Tables by name, each line with the cell's settings; `results` is what results.csv holds. */
  table(name: string): Row[]
  /** Writes figures and a page into a directory; returns the page's path. Absent where there is nothing to draw. */
  page?(directory: string, options: PageOptions): Promise<string>
}

/**
 * What a study's cells are. Studies expand axes, schedule, resume, tabulate and report whatever this describes: training a network
 * on strings is one experiment, a calculation that needs no network would be another.
 */
export interface Experiment<Config, Options> {
  /** A cell's configuration, as files write it. */
  readonly schema: z.ZodType<Config>
  /** Fields of a study file, beside those of every study, that say how cells are measured. */
  readonly options: z.ZodType<Options>
  /** Paths in which cells of one kind may differ; what else differs makes variants. */
  readonly ofOneKind: RegExp
  /** Throws InputError where the options do not fit a configuration. */
  check(config: Config, options: Options): void
  /** Brings a cell from wherever it stands to its end. */
  run(directory: string, config: Config, context: CellContext<Options>): Promise<'finished' | 'interrupted'>
  stand(directory: string, config: Config, options: Options): CellStand
  /** Relative size of a cell: larger ones are begun first. */
  work(config: Config): number
  /** Costs of cells, in order; with a device, from a short measurement. */
  plan(configs: readonly Config[], options: Options, device?: Device): Promise<CellCost[]>
  /** Names of the tables. */
  readonly tables: readonly string[]
  collect(study: PlacedStudy<Config>): Findings
}

/** An experiment whose types are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds experiments of any configuration
export type AnyExperiment = Experiment<any, any>

/** Experiments by the name that study files give them. */
export type Experiments = Readonly<Record<string, AnyExperiment>>
