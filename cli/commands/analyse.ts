import type { CommandModule } from 'yargs'
import { headline, label, meaning } from '../../analysis/clocks.js'
import { measurePcfgSamples } from '../../analysis/pcfg-samples.js'
import { measureSamples } from '../../analysis/record.js'
import { inUnits } from '../../analysis/run-summary.js'
import { InputError } from '../../common/error.js'
import { parseWith } from '../../common/schema.js'
import { readTokenFile } from '../../corpus/files/read.js'
import { rhmSource } from '../../corpus/rhm.js'
import { pcfgLanguage } from '../../grammar/inference/language.js'
import { layersOf } from '../../grammar/pcfg/layered.js'
import type { Pcfg } from '../../grammar/pcfg/pcfg.js'
import { analysisSchema } from '../../run/options.js'
import { openRun } from '../../run/run.js'
import type { Device } from '../../train/runtime/runtime.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, isPcfg, readAnyGrammar, refuseFlags } from '../grammar-input.js'
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
      .option('seed', { type: 'string', describe: 'seed of samples and masks (default 0)' })
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
    if (argv.run === undefined) {
      refuseFlags(argv, ['strings', 'exact', 'seed', 'device'], 'a run directory with it')
      return analyseFiles(argv as unknown as FileArguments)
    }
    refuseFlags(argv, ['grammar', 'train'], 'no run: a run has its own')
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

async function analyseFiles(argv: FileArguments): Promise<void> {
  if (argv.grammar === undefined || argv.samples === undefined) {
    throw new InputError('run', undefined, 'a run directory, or --grammar and --samples')
  }
  const grammar = readAnyGrammar(argv.grammar)
  if (isPcfg(grammar)) {
    analysePcfgFiles(argv, grammar, argv.samples)
    return
  }
  const source = rhmSource(grammar)
  const samples = readTokenFile(argv.samples, 'samples', source)
  const train = argv.train === undefined ? undefined : readTokenFile(argv.train, 'train', source)
  const metrics = await measureSamples(source, samples, { train })
  if (argv.json) {
    printJson(metrics)
    return
  }
  printLine(
    `${samples.count} samples, ${percent(metrics.samples!.distinct)} distinct${metrics.novelty ? `, ${percent(metrics.novelty.rate)} novel and valid` : ''}`,
  )
  printLine('level   node     string   conditional  chance   q')
  for (const level of metrics.levels!) {
    const conditional = level.conditionalValidity === null ? '–' : level.conditionalValidity.toFixed(4)
    const score = level.acquisition === null ? '–' : level.acquisition.toFixed(3)
    printLine(
      `${String(level.level).padEnd(6)}  ${level.nodeValidity.toFixed(4)}   ${level.stringValidity.toFixed(4)}   ${conditional.padEnd(11)}  ${level.chance.toFixed(4)}   ${score}`,
    )
  }
  if (metrics.copies) {
    const { rate, interval, expected, memorised } = metrics.copies
    printLine(
      `copies ${percent(rate)} [${interval.map((end) => percent(end)).join(', ')}], by chance ${percent(expected!)}, memorised ${percent(memorised!)}`,
    )
  }
}

interface RunArguments {
  run: string
  samples?: string
  strings?: string
  exact: boolean
  seed?: string
  device?: Device
  json: boolean
}

async function analyseDirectory(argv: RunArguments): Promise<void> {
  const run = openRun(argv.run)
  const options = parseWith(
    analysisSchema,
    {
      samples: integerFlag('samples', argv.samples, 1, 1000),
      strings: integerFlag('strings', argv.strings, 2, 512),
      exact: argv.exact,
      ...(argv.seed === undefined ? {} : { seed: argv.seed }),
    },
    'analysis',
  )
  const board = progressBoard(argv.json)
  const line = board.line('analyse', 1)
  const records = await run.analyse(options, {
    device: await chooseDevice(argv.device, argv.json),
    onRecord: (record, done, total) => line.update(done / total, `step ${record.step}`),
    signal: interruptible(),
  })
  line.stop()
  board.stop()
  if (records.length === 0) throw new InputError('run', argv.run, 'a run with checkpoints: train it first')
  const summary = run.summary()
  const when = headline(summary.clocks).map(({ clock, at }) => ({
    clock,
    reached: at.kind === 'reached',
    ...inUnits(at.kind === 'reached' ? at.step : at.after, summary),
  }))
  if (argv.json) {
    for (const record of records) printJson(record)
    return printJson({
      kind: 'clocks',
      clocks: summary.clocks,
      headline: when.map(({ clock, ...rest }) => ({ name: label(clock), ...rest })),
    })
  }
  for (const { clock, reached, steps, epochs } of when) {
    const text = reached
      ? `step ${Math.round(steps)} (epoch ${epochs.toFixed(1)})`
      : `not within ${steps} steps`
    printLine(`${label(clock).padEnd(8)} ${text.padEnd(28)} ${meaning(clock)}`)
  }
}
