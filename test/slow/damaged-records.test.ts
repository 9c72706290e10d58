import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MEASURE_NAMES, type MeasureName } from '../../analysis/measures/table.js'
import { ownVerdicts, RULES } from '../../analysis/stopping/rules.js'
import { sha256 } from '../../common/files.js'
import { openRun } from '../../run/run.js'
import { collect, writeReport } from '../../study/report.js'
import { cli } from '../cli/run-cli.js'

/** A record as it stands in a file. */
type Line = Record<string, unknown> & { versions?: Record<string, number> }

const OPTIONS = { samples: 40, strings: 6 }
const FLAGS = ['--samples', '40', '--strings', '6']

let directory: string
/** analysis.jsonl as one analysis leaves it. */
let fresh: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'records-'))
  const flags = '--v 4 --m 2 --s 2 --L 2 --P 12 --Q 6 --layers 1 --width 8 --steps 40 --checkpoints 3'
  expect(cli(['train', 'whole', ...flags.split(' ')], directory).code).toBe(0)
  expect(cli(['analyse', 'whole', ...FLAGS], directory).code).toBe(0)
  fresh = recordsOf('whole')
})
beforeEach(() => {
  rmSync(join(directory, 'run'), { recursive: true, force: true })
  cpSync(join(directory, 'whole'), join(directory, 'run'), { recursive: true })
})
afterAll(() => rmSync(directory, { recursive: true }))

const recordsOf = (run: string) => readFileSync(join(directory, run, 'analysis.jsonl'), 'utf8')

const parsed = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** Rewrites some lines of the run's records; the steps are 0, 20, 28, 40. */
function damage(change: (line: Line) => Line, steps: readonly number[]): void {
  const lines = parsed(fresh).map((line) => (steps.includes(line.step as number) ? change(line) : line))
  writeFileSync(
    join(directory, 'run/analysis.jsonl'),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  )
}

const without =
  (name: MeasureName) =>
  ({ versions, [name]: _, ...rest }: Line): Line => ({
    ...rest,
    versions: Object.fromEntries(Object.entries(versions!).filter(([key]) => key !== name)),
  })

const ofVersion =
  (name: MeasureName, version: number) =>
  (line: Line): Line => ({ ...line, versions: { ...line.versions, [name]: version } })

/** What one line of the previous version held. */
const older = ({ step, losses, ...rest }: Line): Line => ({
  step,
  ...(losses as object),
  ...rest,
  versions: undefined!,
})

const wordsForLosses = (line: Line): Line => ({ ...line, losses: { train: 'low', test: 'high' } })

type Damage = readonly [string, (line: Line) => Line]

const LACKING = MEASURE_NAMES.map((name): Damage => [`a record without its ${name}`, without(name)])

const DAMAGES: readonly Damage[] = [
  ...LACKING,
  ['losses of an older version', ofVersion('losses', 0)],
  ['copies of an older version', ofVersion('copies', 0)],
  ['a line of the format before measures had versions', older],
  ['losses that are no numbers', wordsForLosses],
  ['levels that are no list', (line) => ({ ...line, levels: 3 })],
  [
    'copies with an unknown field',
    (line) => ({ ...line, copies: { ...(line.copies as object), colour: 'red' } }),
  ],
  ['a step that is no number', (line) => ({ ...line, step: 'twenty' })],
]

describe('records that lack something', () => {
  test.each(DAMAGES)(
    '%s, at one checkpoint or at all, are measured again to the same bytes',
    async (_, change) => {
      for (const steps of [[28], [0, 20, 28, 40]]) {
        damage(change, steps)
        expect(sha256(recordsOf('run'))).not.toBe(sha256(fresh))
        const measured: number[] = []
        await openRun(join(directory, 'run')).analyse(OPTIONS, {
          device: 'cpu',
          onRecord: ({ step }) => measured.push(step),
        })
        expect(measured).toEqual(steps)
        expect(sha256(recordsOf('run'))).toBe(sha256(fresh))
      }
    },
  )

  test('keep what they have: nothing else is measured again', async () => {
    damage(
      (line) => {
        const marked = { ...line, samples: { ...(line.samples as object), distinct: 0.125 } }
        return without('copies')(marked)
      },
      [28],
    )
    const records = await openRun(join(directory, 'run')).analyse(OPTIONS, { device: 'cpu' })
    const [start, early, damaged, late] = records
    expect(damaged!.samples!.distinct).toBe(0.125)
    expect(damaged!.copies).toEqual(parsed(fresh)[2]!.copies)
    expect([start, early, late].every((record) => record!.samples!.distinct !== 0.125)).toBe(true)
  })

  test('are measured again where another analysis was asked for', async () => {
    const run = openRun(join(directory, 'run'))
    await run.analyse({ ...OPTIONS, seed: 'other' }, { device: 'cpu' })
    expect(sha256(recordsOf('run'))).not.toBe(sha256(fresh))
    await run.analyse(OPTIONS, { device: 'cpu' })
    expect(sha256(recordsOf('run'))).toBe(sha256(fresh))
  })

  // A part that is of another version or does not fit its schema is absent, like one that was never measured.
  test.each(LACKING)('%s: rules hear what there is, and no page is drawn with a hole', async (_, change) => {
    damage(change, [28])
    const run = join(directory, 'run')
    const rules = ownVerdicts(openRun(run).records()).map(({ rule }) => rule)
    expect(rules.every((rule) => rule in RULES)).toBe(true)
    await expect(async () => writeReport(run, collect(run))).rejects.toThrow(
      /records of this version, which 1 of 4 are not: measure them again with `pcfg-diffusion analyse/,
    )
  })

  test.each([
    ['a record without its losses', without('losses')],
    ['losses of an older version', ofVersion('losses', 0)],
    ['a line of the format before measures had versions', older],
    ['losses that are no numbers', wordsForLosses],
  ])('%s: report and stop work, or exit 2 with one line that says to analyse', (_, change) => {
    for (const steps of [[28], [0, 20, 28, 40]]) {
      damage(change, steps)
      for (const command of ['report', 'stop']) {
        const { code, stderr } = cli([command, 'run'], directory)
        expect(stderr).not.toMatch(/TypeError|Cannot read|undefined|NaN|^ {4}at /m)
        if (code === 0) continue
        expect(code).toBe(2)
        expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toEqual([
          expect.stringMatching(/analyse/),
        ])
      }
    }
  })
})
