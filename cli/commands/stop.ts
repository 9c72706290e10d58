import type { CheckpointRecord } from '../../analysis/record.js'
import { ownVerdicts, type Verdict } from '../../analysis/stopping/rules.js'
import { readParts, readStatus } from '../../run/directory.js'
import { readRecords, requireRecords } from '../../run/records.js'
import { verdicts } from '../../run/stopping.js'
import type { Device } from '../../train/runtime/runtime.js'
import { defineCommand, required, text, toggle } from '../command.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { refuseFlags } from '../grammar-input.js'
import { interruptible, percent, printJson, printLine, say } from '../output.js'
import { printTable } from '../table.js'

export const stopCommand = defineCommand({
  command: 'stop <run>',
  describe: 'when memorisation starts, and which checkpoint to use: every stopping rule side by side',
  builder: (yargs) =>
    withDevice(yargs)
      .positional('run', required('analysed run directory'))
      .option('half', text('run on the other half of the corpus (corpus.half)'))
      .option('pilot', text('analysed run of the same settings at a smaller P'))
      .option('watch', toggle('follow a run that trains elsewhere until a rule fires'))
      .example('$0 stop runs/a', 'four rules that need nothing else')
      .example('$0 stop runs/a --half runs/b --pilot runs/small', 'and two that compare runs'),
  handler: async (flags) => {
    if (flags.half === undefined)
      refuseFlags(flags, ['device'], '--half RUN with it: nothing else is computed')
    const device = await chooseDevice(flags.device, flags.json || flags.half === undefined)
    const { records, said } = flags.watch ? await follow(flags, device) : await judge(flags, device)
    if (flags.json) printJson({ run: flags.run, rules: said.map((verdict) => withCost(verdict, records)) })
    else show(said, records)
  },
})

interface Followed {
  readonly run: string
  readonly half: string | undefined
  readonly pilot: string | undefined
}

async function judge({ run: directory, half, pilot }: Followed, device: Device) {
  const run = readParts(directory)
  const records = requireRecords(run)
  const companions = { ...(half === undefined ? {} : { half }), ...(pilot === undefined ? {} : { pilot }) }
  return { records, said: await verdicts(run, records, device, companions) }
}

const WATCH_MS = 2000

/** Judges again whenever a checkpoint was measured, until a rule has fired or the run has ended. */
async function follow(flags: Followed, device: Device) {
  const signal = interruptible()
  for (let seen = 0; ; ) {
    const records = readRecords(flags.run)
    const fired = records.length > seen && ownVerdicts(records).some(({ at }) => at.kind === 'reached')
    const { state, steps } = readStatus(flags.run) ?? { state: 'training', steps: 0 }
    const ended =
      state === 'failed' || (state === 'trained' && (records.length === 0 || records.at(-1)!.step === steps))
    if (fired || ended || signal.aborted) return judge(flags, device)
    if (records.length > seen) say(`step ${records.at(-1)!.step} of ${steps}: no rule has fired`)
    seen = records.length
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
  }
}

/** A verdict with what its checkpoint is worth. */
function withCost(verdict: Verdict, records: readonly CheckpointRecord[]) {
  const kept = records.find(({ step }) => step === verdict.keep)!
  return {
    ...verdict,
    novelValid: kept.novelty?.rate ?? null,
    copies: kept.copies?.rate ?? null,
    memorised: kept.copies?.memorised ?? null,
    testNelbo: kept.losses?.test.mean ?? null,
  }
}

function show(said: readonly Verdict[], records: readonly CheckpointRecord[]): void {
  const rows = said.map((verdict) => {
    const { rule, at, interval, keep, novelValid, copies, testNelbo } = withCost(verdict, records)
    return [
      rule,
      at.kind === 'reached' ? `step ${Math.round(at.step)}` : `not within ${at.after}`,
      interval ? `${Math.round(interval[0])} – ${Math.round(interval[1])}` : '–',
      keep,
      novelValid === null ? '–' : percent(novelValid),
      copies === null ? '–' : percent(copies),
      testNelbo?.toFixed(2) ?? '–',
    ]
  })
  printTable(
    ['rule', 'memorisation starts', '95 %', 'use step', 'novel, valid', 'copies', 'test NELBO'],
    rows,
  )
  for (const { rule, meaning } of said) printLine(`${rule.padEnd(20)} ${meaning}`)
}
