import { join } from 'node:path'
import { z } from 'zod'
import { acquiredDepth } from '../analysis/depth.js'
import type { CheckpointRecord } from '../analysis/record.js'
import { InputError } from '../common/error.js'
import { process } from '../model/process.js'
import { refuseUnread } from '../model/unread.js'
import { TABLES, type TableRun, tableRows } from '../report/tables.js'
import { writeEvents } from '../report/tensorboard.js'
import { openAnalysis } from '../run/analyse.js'
import { assemble } from '../run/assembly.js'
import { checkpointSteps, type RunConfig, runSchema } from '../run/config.js'
import { makeParts, readParts, readStatus } from '../run/directory.js'
import {
  type AnalysisOptions,
  analysisSchema,
  inAnalysis,
  type PhenomenaOptions,
  phenomenaSchema,
  refuseLong,
} from '../run/options.js'
import { isMeasured, measurePhenomena } from '../run/phenomena.js'
import { lacking, measuredWith, partialRecords, readRecords } from '../run/records.js'
import { summaryOf } from '../run/summary.js'
import { readTraining, trainRun } from '../run/train.js'
import type { TrainRecord } from '../train/stepper.js'
import type { CellProgress, Experiment } from './experiment.js'
import { planRuns } from './training-plan.js'

export interface TrainingOptions {
  readonly analysis: AnalysisOptions
  readonly phenomena: PhenomenaOptions
}

/** A cell trains one network on the strings of one source and measures its checkpoints. */
export const training: Experiment<RunConfig, TrainingOptions> = {
  schema: runSchema,
  options: z.strictObject({
    analysis: analysisSchema.prefault({}),
    phenomena: phenomenaSchema.prefault({}),
  }),
  // P, how long a run is watched, and seeds.
  ofOneKind: /^(corpus\.(train|test|half)|steps|checkpoints\..*|.*\bseed)$/,
  check(config, { analysis, phenomena }) {
    const learned = process(config.process)
    refuseUnread(learned, analysis, inAnalysis)
    const { kinds } = phenomena
    if (kinds.length > 0 && !learned.fillsMasks)
      throw new InputError('phenomena.kinds', kinds, 'none: this network does not fill masks')
    if (kinds.includes('split-half') && !config.corpus.half)
      throw new InputError('phenomena.kinds', kinds, 'runs with corpus.half, for split-half')
    if (analysis.exact) refuseLong(assemble(config).source.length, 'analysis.exact')
  },

  async run(directory, config, { options, device, onProgress, signal }) {
    const run = makeParts(directory, config)
    const analysis = openAnalysis(run, options.analysis, device)
    const tell = cellProgress(config, onProgress)
    // Every checkpoint is measured as soon as it is kept: a page can follow, and a run that fails late has shown what it did.
    const measure = () => analysis.catchUp({ signal, onRecord: tell.measured })
    try {
      const outcome = await trainRun(run, {
        device,
        signal,
        onProgress: tell.trained,
        onCheckpoint: async () => {
          await measure()
          return false
        },
      })
      if (outcome.kind === 'interrupted') return 'interrupted'
      await measure()
    } finally {
      await analysis.release()
    }
    if (signal?.aborted) return 'interrupted'
    return (await measurePhenomena(run, options.phenomena, device, signal)) ? 'finished' : 'interrupted'
  },

  stand(directory, config, { analysis, phenomena }) {
    const { steps } = config
    const step = readStatus(directory)?.step ?? 0
    const records = new Map(readRecords(directory).map((record) => [record.step, record]))
    const done =
      records.has(steps) &&
      measuredWith(directory, analysis) &&
      isWhole(records, config, analysis) &&
      phenomena.kinds.every((name) => isMeasured(directory, name, phenomena))
    return { done, step, steps }
  },

  /** Tokens seen times parameters, and what every token costs besides. */
  work(config) {
    const { source, layout } = assemble(config)
    return config.steps * config.batch * source.length * (layout.total + 20_000)
  },

  plan: (configs, { analysis }, device) => planRuns(configs, analysis, device),

  tables: Object.keys(TABLES),
  collect(study) {
    const runs = study.cells.flatMap(({ key, label, directory }): TableRun[] => {
      const records = readRecords(directory)
      // What a network is like before its first step is no curve yet.
      if (records.every(({ step }) => step === 0)) return []
      const run = readParts(directory)
      if (partialRecords(run, records) > 0) return []
      const summary = summaryOf(run, records, { key, label })
      const { config, corpus } = run
      return [{ study: study.name, summary, config, training: () => readTraining(directory), corpus }]
    })
    return {
      found: runs.map(({ summary }) => ({ key: summary.key, amount: summary.records.length })),
      table: (name) => tableRows(name, runs),
      page: async (directory, options) => {
        // Drawing libraries take half a second to load, and workers draw nothing.
        const { writePage } = await import('../report/page/page.js')
        for (const run of runs) writeEvents(join(directory, 'tensorboard'), run)
        const { title, description, missing } = study
        const train = new Map(runs.map(({ summary, corpus }) => [summary.key, () => corpus().train]))
        const summaries = runs.map(({ summary }) => summary)
        return writePage(directory, { title, description, runs: summaries, train, missing }, options)
      },
    }
  },
}

/** Whether every checkpoint that a run keeps has been measured in full. */
function isWhole(
  records: ReadonlyMap<number, CheckpointRecord>,
  config: RunConfig,
  analysis: AnalysisOptions,
): boolean {
  const equipment = { ...assemble(config), config: analysis, train: true, test: true }
  return checkpointSteps(config).every((step) => lacking(records.get(step), equipment).length === 0)
}

/** Share of a cell's work that training takes, about. */
const TRAINING = 0.9

/** Says how far a cell has come, and what its network has learned by its last measured checkpoint. */
function cellProgress(config: RunConfig, onProgress: (progress: CellProgress) => void) {
  const { steps } = config
  const checkpoints = checkpointSteps(config).length
  let [step, measured, loss, learned] = [0, 0, '', '']
  const tell = () =>
    onProgress({
      share: (TRAINING * step) / steps + ((1 - TRAINING) * measured) / checkpoints,
      note: [`step ${step}/${steps}`, loss, learned].filter(Boolean).join('  '),
    })
  return {
    trained(record: TrainRecord) {
      step = record.step
      loss = `loss ${record.loss.toFixed(3)}`
      tell()
    },
    measured(record: CheckpointRecord, done: number) {
      ;[step, measured, learned] = [Math.max(step, record.step), done, summed(record, learned)]
      tell()
    },
  }
}

/** "2 of 4 levels, copies 3 %"; what was said before where a checkpoint cannot tell. */
function summed(record: CheckpointRecord, before: string): string {
  const { levels, copies } = record
  const depth = acquiredDepth(record)
  if (levels === undefined || depth === undefined) return before
  const copied = copies ? `, copies ${(100 * copies.rate).toFixed(0)} %` : ''
  return `${depth} of ${levels.length} levels${copied}`
}
