import type { CommandModule } from 'yargs'
import { copyReference } from '../../analysis/measures/copies.js'
import { measureSamples } from '../../analysis/measures/samples.js'
import { measurePcfgSamples } from '../../analysis/pcfg-samples.js'
import { headlineClocks, inUnits } from '../../analysis/run-summary.js'
import { InputError } from '../../common/error.js'
import { parseWith } from '../../common/schema.js'
import { readTokenFile } from '../../corpus/files/read.js'
import { pcfgLanguage } from '../../grammar/inference/language.js'
import { layersOf } from '../../grammar/pcfg/layered.js'
import type { Pcfg } from '../../grammar/pcfg/pcfg.js'
import { analyseRun } from '../../run/analyse.js'
import { openRun } from '../../run/directory.js'
import { summariseRun } from '../../study/collect.js'
import { analysisSchema } from '../../study/definition.js'
import type { Device } from '../../train/runtime/node.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, isPcfg, readAnyGrammar } from '../grammar-input.js'
import { stringsOf } from '../language-input.js'
import { interruptible, percent, printJson, printLine } from '../output.js'
import { progressBoard } from '../progress.js'

export const analyseCommand: CommandModule = {
  command: 'analyse [run]',
  aliases: ['analyze'],
  describe: 'measure acquired depth, copies and losses: of a run, or of token files from anywhere',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('run', { type: 'string', describe: 'run directory: every checkpoint is measured' })
      .option('grammar', { type: 'string', describe: 'grammar JSON or .pcfg, with --samples' })
      .option('samples', {
        type: 'string',
        describe: 'generated strings (.jsonl, .txt, .npy); with a run: how many to draw per checkpoint',
      })
      .option('train', { type: 'string', describe: 'training strings, to count copies' })
      .option('strings', { type: 'string', describe: 'strings whose loss is measured (default 512)' })
      .option('exact', {
        type: 'boolean',
        default: false,
        describe: 'NELBO over all masks, for strings of up to 16 tokens',
      })
      .option('seed', { type: 'string', default: '0', describe: 'seed of samples and masks' })
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
    if (argv.run === undefined) return analyseFiles(argv as unknown as FileArguments)
    return analyseDirectory(argv as unknown as RunArguments)
  },
}

interface FileArguments {
  grammar?: string
  samples?: string
  train?: string
  json: boolean
}

/** Samples of a PCFG are text, one string per line. */
function analysePcfgFiles(argv: FileArguments, grammar: Pcfg, samplesPath: string): void {
  const language = pcfgLanguage(grammar)
  const read = (file: string) => [...stringsOf(file, language)]
  const metrics = measurePcfgSamples(
    layersOf(grammar),
    read(samplesPath),
    argv.train === undefined ? undefined : read(argv.train),
  )
  if (argv.json) {
    printJson(metrics)
    return
  }
  printLine(`${metrics.samples} samples, ${percent(metrics.distinct)} distinct`)
  printLine('level     valid    tokens covered')
  for (const { level, valid, covered } of metrics.levels) {
    const name = level === metrics.levels.length ? 'language' : String(level)
    printLine(`${name.padEnd(8)}  ${valid.toFixed(4)}   ${covered.toFixed(4)}`)
  }
  if (metrics.ambiguous !== null)
    printLine(`${percent(metrics.ambiguous)} of the valid ones have several parses`)
  if (metrics.copies) {
    const { rate, interval } = metrics.copies
    printLine(`copies ${percent(rate)} [${interval.map((end) => percent(end)).join(', ')}]`)
  }
}

function analyseFiles(argv: FileArguments): void {
  if (argv.grammar === undefined || argv.samples === undefined) {
    throw new InputError('run', undefined, 'a run directory, or --grammar and --samples')
  }
  const tables = readAnyGrammar(argv.grammar)
  if (isPcfg(tables)) {
    analysePcfgFiles(argv, tables, argv.samples)
    return
  }
  const shape = { length: tables.d, vocabulary: tables.v }
  const samples = readTokenFile(argv.samples, 'samples', shape)
  const train = argv.train === undefined ? undefined : readTokenFile(argv.train, 'train', shape)
  const metrics = measureSamples(tables, samples, train && copyReference(tables, train))
  if (argv.json) {
    printJson(metrics)
    return
  }
  printLine(
    `${metrics.samples} samples, ${percent(metrics.distinct)} distinct, ${percent(metrics.novelValid)} novel and valid`,
  )
  printLine('level   node     string   conditional  chance   q')
  for (const level of metrics.levels) {
    const conditional = level.conditionalValidity === null ? '–' : level.conditionalValidity.toFixed(4)
    const score = level.acquisition === null ? '–' : level.acquisition.toFixed(3)
    printLine(
      `${String(level.level).padEnd(6)}  ${level.nodeValidity.toFixed(4)}   ${level.stringValidity.toFixed(4)}   ${conditional.padEnd(11)}  ${level.chance.toFixed(4)}   ${score}`,
    )
  }
  if (metrics.copies) {
    const { rate, interval, expected, memorised } = metrics.copies
    printLine(
      `copies ${percent(rate)} [${interval.map((end) => percent(end)).join(', ')}], by chance ${percent(expected)}, memorised ${percent(memorised)}`,
    )
  }
}

interface RunArguments {
  run: string
  samples?: string
  strings?: string
  exact: boolean
  seed: string
  device?: Device
  json: boolean
}

async function analyseDirectory(argv: RunArguments): Promise<void> {
  const run = openRun(argv.run)
  if (argv.exact && run.tables.d > 16)
    throw new InputError('--exact', true, `strings of at most 16 tokens, not ${run.tables.d}`)
  const options = parseWith(
    analysisSchema,
    {
      samples: integerFlag('samples', argv.samples, 1, 1000),
      strings: integerFlag('strings', argv.strings, 1, 512),
      exact: argv.exact,
      seed: argv.seed,
    },
    'analysis',
  )
  const board = progressBoard(argv.json)
  const line = board.line('analyse', 1)
  const records = await analyseRun(
    run,
    options,
    chooseDevice(argv.device, argv.json),
    (record, done, total) => line.update(done / total, `step ${record.step}`),
    interruptible(),
  )
  line.stop()
  board.stop()
  if (records.length === 0) throw new InputError('run', argv.run, 'a run with checkpoints: train it first')
  const summary = summariseRun(run, argv.run, records)
  if (argv.json) {
    for (const record of records) printJson(record)
    return printJson({
      kind: 'clocks',
      ...summary.clocks,
      headline: headlineClocks(summary).map(({ name, clock }) => ({
        name,
        reached: clock.kind === 'reached',
        ...inUnits(clock.kind === 'reached' ? clock.step : clock.after, summary),
      })),
    })
  }
  for (const { name, meaning, clock } of headlineClocks(summary)) {
    const { steps, epochs } = inUnits(clock.kind === 'reached' ? clock.step : clock.after, summary)
    const when =
      clock.kind === 'reached'
        ? `step ${Math.round(steps)} (epoch ${epochs.toFixed(1)})`
        : `not within ${steps} steps`
    printLine(`${name.padEnd(8)} ${when.padEnd(28)} ${meaning}`)
  }
}
