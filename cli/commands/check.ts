import type { Argv } from 'yargs'
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
import { defineCommand, required, text, toggle } from '../command.js'
import { integerFlag, numberFlag } from '../grammar-input.js'
import { percent, printJson, say } from '../output.js'
import { printTable } from '../table.js'

function withSubject<T>(yargs: Argv<T>) {
  return yargs
    .positional(
      'subject',
      required('analysed run directory, or a file of generated strings (.jsonl, .txt, .npy)'),
    )
    .option('step', text('checkpoint of a run, default the last one measured'))
    .option('grammar', text('grammar JSON of a file of strings'))
    .option('train', text('training strings of a file of strings, to count copies'))
}

interface SubjectFlags {
  readonly subject: string
  readonly step: string | undefined
  readonly grammar: string | undefined
  readonly train: string | undefined
}

function subjectOf({ subject, step, grammar, train }: SubjectFlags): Subject {
  return {
    path: subject,
    ...(step === undefined ? {} : { step: integerFlag('step', step, 0) }),
    ...(grammar === undefined ? {} : { grammar }),
    ...(train === undefined ? {} : { train }),
  }
}

export const baselineCommand = defineCommand({
  command: 'baseline <subject>',
  describe: 'record validity per level, copies and losses, for `check` to compare with',
  builder: (yargs) =>
    withSubject(yargs)
      .option('out', { type: 'string', default: 'baseline.json', describe: 'file to write' })
      .example('$0 baseline runs/a', 'the last measured checkpoint, into baseline.json')
      .example('$0 baseline s.jsonl --grammar g.json --train t.jsonl', 'strings that came from elsewhere'),
  handler: async (argv) => {
    const recorded = await measureSubject(subjectOf(argv))
    writeBaseline(argv.out, recorded)
    const { conditions, metrics } = recorded
    const names = Object.keys(metrics)
    if (argv.json) printJson({ baseline: argv.out, conditions, metrics: names })
    else say(`baseline: ${argv.out} (${names.join(', ')})`)
  },
})

export const checkCommand = defineCommand({
  command: 'check <subject>',
  describe: 'compare with a baseline by a test of difference; exit status 1 where something moved',
  builder: (yargs) =>
    withSubject(yargs)
      .option('baseline', { type: 'string', default: 'baseline.json', describe: 'what `baseline` wrote' })
      .option(
        'false-alarm',
        text(`probability that an unchanged model fails, over all metrics together (default ${FALSE_ALARM})`),
      )
      .option(
        'across',
        toggle('compare although corpus, sampler, masks, process or measures differ, and say which'),
      )
      .example(
        '$0 check runs/b --baseline baseline.json',
        'a later version of the same model; another training seed is another model',
      )
      .example('$0 check runs/c --across', 'on another corpus: what moved may be the corpus'),
  handler: async (argv) => {
    const falseAlarm =
      argv.falseAlarm === undefined ? FALSE_ALARM : numberFlag('false-alarm', argv.falseAlarm, 0)
    if (falseAlarm <= 0 || falseAlarm >= 1)
      throw new InputError('--false-alarm', falseAlarm, 'a probability between 0 and 1')
    const before = readBaseline(argv.baseline)
    const now = await measureSubject(subjectOf(argv))
    const compared = compareWithBaseline(before, now, { falseAlarm, across: argv.across })
    const across = mismatches(before, now)
    const moved = compared.filter((comparison) => comparison.moved).map(({ name }) => name)
    const missing = Object.keys(before.metrics).filter((name) => !compared.some((test) => test.name === name))
    if (argv.json) printJson({ moved, missing, across, falseAlarm, metrics: compared })
    else show(compared, falseAlarm)
    for (const { name, before, now } of across)
      say(`compared across ${name}: ${shortened(before)} → ${shortened(now)}`)
    if (missing.length > 0) say(`not compared, as the subject has no such metric: ${missing.join(', ')}`)
    if (moved.length > 0) process.exitCode = 1
  },
})

function show(compared: readonly Comparison[], falseAlarm: number): void {
  printTable(
    ['metric', 'baseline', 'now', 'p (Holm)', '', 'change seen 9 times in 10'],
    compared.map(({ name, kind, before, now, adjusted, moved, detectable }) => {
      const shown = (value: number) => (kind === 'mean' ? value.toFixed(3) : percent(value))
      return [
        name,
        shown(before),
        shown(now),
        adjusted < 1e-4 ? '< 0.0001' : adjusted.toFixed(4),
        moved ? 'moved' : '',
        detectable === null ? 'none' : shown(detectable),
      ]
    }),
  )
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
