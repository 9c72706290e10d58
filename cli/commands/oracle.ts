import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { memoriser, type Smoothing } from '../../analysis/oracles/memoriser.js'
import { InputError } from '../../common/error.js'
import { readTokenFile } from '../../corpus/files/read.js'
import type { Source } from '../../corpus/source.js'
import type { Denoiser } from '../../model/denoiser.js'
import { sample } from '../../model/samplers/sampler.js'
import { defineCommand, required, text } from '../command.js'
import { integerFlag, numberFlag, readGrammar, refuseFlags } from '../grammar-input.js'
import { withSampling, writeStrings } from '../sampled-strings.js'

interface OracleFlags {
  readonly depth: string | undefined
  readonly train: string | undefined
  readonly smoothing: Smoothing['kind']
  readonly amount: string | undefined
}

const sampleCommand = defineCommand({
  command: 'sample',
  describe: 'draw strings from the Bayes-optimal denoiser of a depth, or from a memoriser',
  builder: (yargs) =>
    withSampling(
      yargs
        .option('grammar', required('grammar JSON'))
        .option('depth', text('levels it knows, 0..L (default L, the exact posterior)'))
        .option('train', text('training strings: draw from their memoriser instead'))
        .option('smoothing', {
          choices: ['none', 'substitution', 'additive', 'threshold'] as const,
          default: 'none' as const,
          describe: 'how the memoriser is softened, towards the denoiser of --depth where that is given',
        })
        .option('amount', text('substitution rate, additive c, or threshold τ'))
        .option('count', { type: 'string', default: '1000', describe: 'strings' }),
    )
      .example('$0 oracle sample --grammar g.json --depth 2', 'knows the two lowest levels')
      .example(
        '$0 oracle sample --grammar g.json --train corpus/train.jsonl --smoothing substitution --amount 0.05',
        '',
      ),
  handler: async (argv) => {
    const source = readGrammar(argv.grammar)
    const count = integerFlag('count', argv.count, 1)
    const temperature = numberFlag('temperature', argv.temperature, 0)
    const sampler = { kind: 'random-order', temperature } as const
    const strings = await sample(oracleFrom(argv, source), { count, seed: argv.seed, sampler })
    writeStrings(strings, argv.out)
  },
})

export const oracleCommand = defineCommand({
  command: 'oracle',
  describe: 'denoisers that need no training',
  builder: (yargs) => yargs.command(sampleCommand).demandCommand(1, 'name what to do: sample'),
  handler: () => {},
})

function oracleFrom(argv: OracleFlags, source: Source): Denoiser {
  const deepest = source.truth.levels?.depth ?? 0
  const depth = integerFlag('depth', argv.depth, 0, deepest)
  if (depth > deepest) throw new InputError('--depth', depth, `a level of the grammar, 0..${deepest}`)
  const bayes = bayesDenoiser(source, depth)
  if (argv.train === undefined) {
    if (argv.smoothing !== 'none') throw new InputError('--smoothing', argv.smoothing, '--train FILE with it')
    refuseFlags(argv, ['amount'], '--train FILE and --smoothing with it')
    return bayes
  }
  const train = readTokenFile(argv.train, 'train', source)
  return memoriser(
    train,
    source.vocabulary,
    smoothingFrom(argv),
    argv.depth === undefined ? undefined : bayes,
  )
}

function smoothingFrom({ smoothing: kind, amount }: OracleFlags): Smoothing {
  if (kind === 'none') {
    refuseFlags({ amount }, ['amount'], '--smoothing with it')
    return { kind }
  }
  if (amount === undefined) throw new InputError('--amount', amount, `a number for --smoothing ${kind}`)
  const number = numberFlag('amount', amount, 0)
  if (kind === 'additive') return { kind, c: number }
  if (kind === 'threshold') return { kind, tau: number }
  if (number >= 1) throw new InputError('--amount', number, 'a rate below 1')
  return { kind, rate: number }
}
