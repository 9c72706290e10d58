import { headline, label, meaning } from '../../analysis/clocks.js'
import { measurePcfgSamples } from '../../analysis/pcfg-samples.js'
import { measureSamples } from '../../analysis/record.js'
import { inUnits, type RunSummary } from '../../analysis/run-summary.js'
import { InputError } from '../../common/error.js'
import { parseWith } from '../../common/schema.js'
import type { Interval } from '../../common/statistics.js'
import { readTokenFile } from '../../corpus/files/read.js'
import { rhmSource } from '../../corpus/rhm.js'
import { pcfgLanguage } from '../../grammar/inference/language.js'
import { layersOf } from '../../grammar/pcfg/layered.js'
import type { Pcfg } from '../../grammar/pcfg/pcfg.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'
import { analysisSchema } from '../../run/options.js'
import { openRun } from '../../run/run.js'
import { defineCommand, text, toggle } from '../command.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, isPcfg, readAnyGrammar, refuseFlags } from '../grammar-input.js'
import { stringsOf } from '../language-input.js'
import { interruptible, percent, printJson, printLine } from '../output.js'
import { progressBoard } from '../progress.js'

export const analyseCommand = defineCommand({
  command: 'analyse [run]',
  aliases: ['analyze'],
  describe: 'measure acquired depth, copies and losses: of a run, or of token files from anywhere',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('run', text('run directory: every checkpoint is measured'))
      .option('grammar', text('grammar JSON or .pcfg, with --samples'))
      .option(
        'samples',
        text('generated strings (.jsonl, .txt, .npy); with a run: how many to draw per checkpoint'),
      )
      .option('train', text('training strings, to count copies'))
      .option('strings', text('strings whose loss is measured (default 512)'))
      .option('exact', toggle('NELBO over all masks, for strings of up to 16 tokens'))
      .option('seed', text('seed of samples and masks (default 0)'))
      .example('$0 analyse runs/a', 'all checkpoints; resumes where it stopped')
      .example(
        '$0 analyse --grammar g.json --samples s.jsonl --train t.jsonl --json',
        'files that came from elsewhere',
      )
      .example(
        '$0 analyse --grammar cfg.pcfg --samples s.txt',
        'any PCFG: validity by tilings, per level of a layered one',
      ),
  handler: async (argv) => {
    const { run: directory, grammar, samples, train, json } = argv
    if (directory === undefined) {
      refuseFlags(argv, ['strings', 'exact', 'seed', 'device'], 'a run directory with it')
      if (grammar === undefined || samples === undefined)
        throw new InputError('run', undefined, 'a run directory, or --grammar and --samples')
      return analyseFiles({ grammar, samples, train }, json)
    }
    refuseFlags(argv, ['grammar', 'train'], 'no run: a run has its own')
    const run = openRun(directory)
    const options = parseWith(
      analysisSchema,
      {
        samples: integerFlag('samples', samples, 1, 1000),
        strings: integerFlag('strings', argv.strings, 2, 512),
        exact: argv.exact,
        seed: argv.seed,
      },
      'analysis',
    )
    const board = progressBoard(json)
    const progress = board.line('analyse', 1)
    const records = await run.analyse(options, {
      device: await chooseDevice(argv.device, json),
      onRecord: (record, done, total) => progress(done / total, `step ${record.step}`),
      signal: interruptible(),
    })
    board.stop()
    if (records.length === 0) throw new InputError('run', directory, 'a run with checkpoints: train it first')
    const summary = run.summary()
    if (json) for (const record of records) printJson(record)
    showClocks(summary, json)
  },
})

/** Says when a run has learned what. */
function showClocks(summary: RunSummary, json: boolean): void {
  const when = headline(summary.clocks).map(({ clock, at }) => ({
    clock,
    reached: at.kind === 'reached',
    ...inUnits(at.kind === 'reached' ? at.step : at.after, summary),
  }))
  if (json) {
    const named = when.map(({ clock, ...rest }) => ({ name: label(clock), ...rest }))
    printJson({ kind: 'clocks', clocks: summary.clocks, headline: named })
    return
  }
  for (const { clock, reached, steps, epochs } of when) {
    const text = reached
      ? `step ${Math.round(steps)} (epoch ${epochs.toFixed(1)})`
      : `not within ${steps} steps`
    printLine(`${label(clock).padEnd(8)} ${text.padEnd(28)} ${meaning(clock)}`)
  }
}

interface TokenFiles {
  readonly grammar: string
  readonly samples: string
  readonly train: string | undefined
}

async function analyseFiles(files: TokenFiles, json: boolean): Promise<void> {
  const grammar = readAnyGrammar(files.grammar)
  const { metrics, lines } = isPcfg(grammar) ? ofPcfg(grammar, files) : await ofRhm(grammar, files)
  if (json) printJson(metrics)
  else lines.forEach(printLine)
}

/** What is measured of strings of a general grammar, and its lines. Such strings are text, one per line. */
function ofPcfg(grammar: Pcfg, { samples, train }: TokenFiles) {
  const language = pcfgLanguage(grammar)
  const read = (file: string) => [...stringsOf(file, language)]
  const metrics = measurePcfgSamples(
    layersOf(grammar),
    read(samples),
    train === undefined ? undefined : read(train),
  )
  const lines = [
    `${metrics.samples} samples, ${percent(metrics.distinct)} distinct`,
    'level     valid    tokens covered',
  ]
  for (const { level, valid, covered } of metrics.levels) {
    const name = level === metrics.levels.length ? 'language' : String(level)
    lines.push(`${name.padEnd(8)}  ${valid.toFixed(4)}   ${covered.toFixed(4)}`)
  }
  if (metrics.ambiguous !== null)
    lines.push(`${percent(metrics.ambiguous)} of the valid ones have several parses`)
  if (metrics.copies) lines.push(copiesLine(metrics.copies))
  return { metrics, lines }
}

/** The same of a hierarchical one. */
async function ofRhm(grammar: RhmTables, files: TokenFiles) {
  const source = rhmSource(grammar)
  const samples = readTokenFile(files.samples, 'samples', source)
  const train = files.train === undefined ? undefined : readTokenFile(files.train, 'train', source)
  const metrics = await measureSamples(source, samples, { train })
  const { levels, copies, novelty } = metrics
  const novel = novelty ? `, ${percent(novelty.rate)} novel and valid` : ''
  const lines = [
    `${samples.count} samples, ${percent(metrics.samples!.distinct)} distinct${novel}`,
    'level   node     string   conditional  chance   q',
  ]
  for (const level of levels!) {
    const conditional = level.conditionalValidity === null ? '–' : level.conditionalValidity.toFixed(4)
    const score = level.acquisition === null ? '–' : level.acquisition.toFixed(3)
    lines.push(
      `${String(level.level).padEnd(6)}  ${level.nodeValidity.toFixed(4)}   ${level.stringValidity.toFixed(4)}   ${conditional.padEnd(11)}  ${level.chance.toFixed(4)}   ${score}`,
    )
  }
  if (copies)
    lines.push(
      `${copiesLine(copies)}, by chance ${percent(copies.expected!)}, memorised ${percent(copies.memorised!)}`,
    )
  return { metrics, lines }
}

function copiesLine({ rate, interval }: { readonly rate: number; readonly interval: Interval }): string {
  return `copies ${percent(rate)} [${interval.map((end) => percent(end)).join(', ')}]`
}
