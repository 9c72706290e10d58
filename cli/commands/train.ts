import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RULES, type RuleName } from '../../analysis/stopping/rules.js'
import { InputError } from '../../common/error.js'
import { parseWith } from '../../common/schema.js'
import { makeParts, readParts } from '../../run/directory.js'
import { analysisSchema } from '../../run/options.js'
import { checkCompanions, trainUntil } from '../../run/stopping.js'
import { type TrainOptions, trainRun } from '../../run/train.js'
import { defineCommand, required, text } from '../command.js'
import { chooseDevice, withDevice } from '../device-flag.js'
import { integerFlag, refuseFlags } from '../grammar-input.js'
import { INTERRUPTED, interruptible, printJson, say } from '../output.js'
import { progressBoard } from '../progress.js'
import { runConfigFrom, withRunFlags } from '../run-flags.js'

export const trainCommand = defineCommand({
  command: 'train <run>',
  describe: 'train a masked-diffusion transformer; continues a run that was stopped',
  builder: (yargs) =>
    withDevice(withRunFlags(yargs))
      .positional('run', required('run directory to make or continue'))
      .example(
        '$0 train runs/a --v 8 --m 3 --s 2 --L 3 --P 256 --steps 4000',
        'grammar and corpus drawn on the way',
      )
      .example('$0 train runs/a', 'continue where it stopped, to the same bits')
      .option('early-stop', {
        choices: Object.keys(RULES) as RuleName[],
        describe:
          'measure checkpoints as they come, and stop once this rule says that memorisation has started',
      })
      .option('half', text('for split-half: run on the other half of the corpus'))
      .option('pilot', text('for pilot: analysed run at a smaller P'))
      .option('samples', text('with --early-stop: strings sampled per checkpoint (default 1000)'))
      .example('$0 train runs/c --v 8 --m 3 --s 2 --L 3 --P 64 --early-stop train-below-floor', '')
      .example('$0 train runs/b --config run.yaml --lr 0.002', 'one schema for file and flags'),
  handler: async (argv) => {
    const { run: directory, earlyStop: rule, json: quiet } = argv
    const config = runConfigFrom(argv)
    if (!config && !existsSync(join(directory, 'config.json'))) {
      throw new InputError(
        'run',
        directory,
        'an existing run, or flags that describe a new one (--v --m --s --L --P)',
      )
    }
    const device = await chooseDevice(argv.device, quiet)
    if (rule === undefined) refuseFlags(argv, ['half', 'pilot', 'samples'], '--early-stop RULE with it')
    const analysis = parseWith(
      analysisSchema,
      { samples: integerFlag('samples', argv.samples, 1, 1000) },
      'analysis',
    )
    const { half, pilot } = argv
    const companions = { ...(half === undefined ? {} : { half }), ...(pilot === undefined ? {} : { pilot }) }
    if (rule !== undefined) checkCompanions(rule, companions)
    const run = config ? makeParts(directory, config) : readParts(directory)
    const { steps } = run.config
    const board = progressBoard(quiet)
    const progress = board.line('train', steps)
    const started = performance.now()
    let first: number | undefined
    const options: TrainOptions = {
      device,
      signal: interruptible(),
      onProgress: ({ step, loss }) => {
        first ??= step
        const rate = (step - first) / ((performance.now() - started) / 1000)
        progress(step, `step ${step}/${steps}  loss ${loss.toFixed(4)}  ${rate.toFixed(0)} steps/s`)
      },
    }
    const { outcome, verdict } = await (rule === undefined
      ? trainRun(run, options).then((outcome) => ({ outcome, verdict: undefined }))
      : trainUntil(run, rule, analysis, companions, options))
    board.stop()
    if (outcome.kind === 'interrupted') {
      say(
        `stopped; checkpoint at step ${outcome.step} kept. Continue with: pcfg-diffusion train ${directory}`,
      )
      process.exitCode = INTERRUPTED
    }
    if (outcome.kind === 'stopped' && verdict)
      say(`${verdict.rule}: ${verdict.meaning}. Use step ${verdict.keep}; stopped at ${outcome.step}`)
    if (quiet) printJson({ run: directory, device, ...outcome, steps, ...(verdict ? { verdict } : {}) })
  },
})
