import Table from 'cli-table3'
import type { Argv, CommandModule } from 'yargs'
import { type Comparison, FALSE_ALARM } from '../../analysis/regression/compare.js'
import { InputError } from '../../common/error.js'
import {
  compareWithBaseline,
  measureSubject,
  mismatches,
  readBaseline,
  type Subject,
  writeBaseline,
} from '../../run/baseline.js'
import { integerFlag, numberFlag } from '../grammar-input.js'
import { percent, printJson, printLine, say } from '../output.js'

interface SubjectArguments {
  subject: string
  step?: string
  grammar?: string
  train?: string
  json: boolean
}

function withSubject<T>(yargs: Argv<T>) {
  return yargs
    .positional('subject', {
      type: 'string',
      demandOption: true,
      describe: 'analysed run directory, or a file of generated strings (.jsonl, .txt, .npy)',
    })
    .option('step', { type: 'string', describe: 'checkpoint of a run, default the last one measured' })
    .option('grammar', { type: 'string', describe: 'grammar JSON of a file of strings' })
    .option('train', { type: 'string', describe: 'training strings of a file of strings, to count copies' })
}

function subjectOf({ subject, step, grammar, train }: SubjectArguments): Subject {
  return {
    path: subject,
    ...(step === undefined ? {} : { step: integerFlag('step', step, 0) }),
    ...(grammar === undefined ? {} : { grammar }),
    ...(train === undefined ? {} : { train }),
  }
}

export const baselineCommand: CommandModule = {
  command: 'baseline <subject>',
  describe: 'record validity per level, copies and losses, for `check` to compare with',
  builder: (yargs) =>
    withSubject(yargs)
      .option('out', { type: 'string', default: 'baseline.json', describe: 'file to write' })
      .example('$0 baseline runs/a', 'the last measured checkpoint, into baseline.json')
      .example('$0 baseline s.jsonl --grammar g.json --train t.jsonl', 'strings that came from elsewhere'),
  handler: async (argv) => {
    const { out, ...rest } = argv as unknown as SubjectArguments & { out: string }
    const recorded = await measureSubject(subjectOf(rest))
    writeBaseline(out, recorded)
    if (rest.json) printJson({ baseline: out, metrics: recorded.metrics })
    else say(`baseline: ${out} (${Object.keys(recorded.metrics).join(', ')})`)
  },
}

export const checkCommand: CommandModule = {
  command: 'check <subject>',
  describe: 'compare with a baseline by a test of difference; exit status 1 where something moved',
  builder: (yargs) =>
    withSubject(yargs)
      .option('baseline', { type: 'string', default: 'baseline.json', describe: 'what `baseline` wrote' })
      .option('false-alarm', {
        type: 'string',
        describe: `probability that an unchanged model fails, over all metrics together (default ${FALSE_ALARM})`,
      })
      .option('across', {
        type: 'boolean',
        default: false,
        describe: 'compare although corpus, sampler, masks, process or measures differ, and say which',
      })
      .example(
        '$0 check runs/b --baseline baseline.json',
        'another seed, or a later version, of the same settings',
      )
      .example('$0 check runs/more-strings --across', 'another corpus: what moved may be the corpus')
      .example('$0 check s.jsonl --grammar g.json --false-alarm 0.001', ''),
  handler: async (argv) => {
    const flags = argv as unknown as SubjectArguments & {
      baseline: string
      falseAlarm?: string
      across: boolean
    }
    const falseAlarm =
      flags.falseAlarm === undefined ? FALSE_ALARM : numberFlag('false-alarm', flags.falseAlarm, 0)
    if (falseAlarm <= 0 || falseAlarm >= 1)
      throw new InputError('--false-alarm', falseAlarm, 'a probability between 0 and 1')
    const before = readBaseline(flags.baseline)
    const now = await measureSubject(subjectOf(flags))
    const compared = compareWithBaseline(before, now, { falseAlarm, across: flags.across })
    const across = mismatches(before, now)
    const moved = compared.filter((comparison) => comparison.moved)
    const missing = Object.keys(before.metrics).filter((name) => !compared.some((test) => test.name === name))
    if (flags.json)
      printJson({ moved: moved.map(({ name }) => name), missing, across, falseAlarm, metrics: compared })
    else show(compared, falseAlarm)
    for (const { name, before, now } of across)
      say(`compared across ${name}: ${shortened(before)} → ${shortened(now)}`)
    if (missing.length > 0) say(`not compared, as the subject has no such metric: ${missing.join(', ')}`)
    if (moved.length > 0) process.exitCode = 1
  },
}

function show(compared: readonly Comparison[], falseAlarm: number): void {
  const table = new Table({
    head: ['metric', 'baseline', 'now', 'p (Holm)', '', 'change seen 9 times in 10'],
    style: { head: [], border: [] },
  })
  for (const { name, kind, before, now, adjusted, moved, detectable } of compared) {
    const shown = (value: number) => (kind === 'mean' ? value.toFixed(3) : percent(value))
    table.push([
      name,
      shown(before),
      shown(now),
      adjusted < 1e-4 ? '< 0.0001' : adjusted.toFixed(4),
      moved ? 'moved' : '',
      detectable === null ? 'none' : shown(detectable),
    ])
  }
  printLine(table.toString())
  const moved = compared.filter((comparison) => comparison.moved).map(({ name }) => name)
  say(
    moved.length === 0
      ? `nothing moved (an unchanged model passes with probability ≥ ${percent(1 - falseAlarm)})`
      : `moved: ${moved.join(', ')}`,
  )
}

/** A hash is told from another by its beginning. */
function shortened(value: string | number | undefined): string {
  return value === undefined ? 'none' : String(value).replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1…')
}
