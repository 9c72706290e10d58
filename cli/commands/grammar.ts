import { InputError } from '../../common/error.js'
import { writeJson } from '../../common/files.js'
import { stream } from '../../common/random.js'
import { pcfgMoments } from '../../grammar/inference/moments.js'
import { layeredGrammar } from '../../grammar/pcfg/layered.js'
import { formatPcfg } from '../../grammar/pcfg/notation.js'
import { type Pcfg, usefulPart } from '../../grammar/pcfg/pcfg.js'
import { samplePcfg, yieldOf } from '../../grammar/pcfg/sample.js'
import { stringEntropy } from '../../grammar/rhm/marginals.js'
import { countStrings, type Rhm, type RuleWeights, randomRhm, stringLength } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { dataThresholds } from '../../grammar/rhm/thresholds.js'
import { defineCommand, required, text, toggle } from '../command.js'
import { integerFlag, isPcfg, numberFlag, readAnyGrammar, refuseFlags } from '../grammar-input.js'
import { finiteOrNull } from '../language-input.js'
import { printJson, printLine, say } from '../output.js'

const newCommand = defineCommand({
  command: 'new',
  describe: 'draw a Random Hierarchy Model',
  builder: (yargs) =>
    yargs
      .option('v', required('symbols per level, and tokens'))
      .option('m', required('rules per symbol'))
      .option('s', required('branching'))
      .option('L', required('levels; strings have s^L tokens'))
      .option('n', text('root symbols, default v'))
      .option('zipf', text('rule probabilities ∝ rank^−ZIPF'))
      .option('zipf-levels', text('levels with Zipf probabilities, such as 1,2 (default all)'))
      .option('same-rules', toggle('the same rules at every level'))
      .option('seed', { type: 'string', default: '0', describe: 'seed of the rules' })
      .option('out', text('file to write (default stdout)'))
      .example('$0 grammar new --v 8 --m 3 --s 2 --L 3 --seed 1 --out g.json', '17,496 strings of 8 tokens')
      .example(
        '$0 grammar new --v 8 --m 4 --s 2 --L 3 --zipf 1 --zipf-levels 1',
        'rare rules at the lowest level',
      ),
  handler: (argv) => {
    const grammar = randomRhm({
      v: integerFlag('v', argv.v, 2),
      m: integerFlag('m', argv.m, 1),
      s: integerFlag('s', argv.s, 2),
      L: integerFlag('L', argv.L, 1),
      ...(argv.n === undefined ? {} : { n: integerFlag('n', argv.n, 1) }),
      weights: weightsOf(argv),
      sameRules: argv.sameRules,
      seed: argv.seed,
    })
    if (argv.out === undefined) return printJson(grammar)
    writeJson(argv.out, grammar)
    if (argv.json) printJson({ file: argv.out, ...summary(grammar) })
    else say(`${argv.out}: ${countStrings(grammar)} strings of ${stringLength(grammar)} tokens`)
  },
})

const layeredCommand = defineCommand({
  command: 'layered',
  describe: 'draw a layered PCFG: rules of several lengths, right-hand sides that may overlap',
  builder: (yargs) =>
    yargs
      .option('levels', required('levels of rules'))
      .option('symbols', required('symbols per level, and tokens'))
      .option('m2', { type: 'string', default: '1', describe: 'rules of two symbols, per symbol' })
      .option('m3', { type: 'string', default: '1', describe: 'rules of three symbols, per symbol' })
      .option('overlap', {
        type: 'string',
        default: '0',
        describe: 'share of rules that take over a right-hand side of another symbol',
      })
      .option('same-rules', toggle('the same rules at every level'))
      .option('seed', { type: 'string', default: '0' })
      .example('$0 grammar layered --levels 6 --symbols 3 > cfg.pcfg', 'trees and lengths vary')
      .example('$0 grammar layered --levels 3 --symbols 4 --overlap 0.3 > cfg.pcfg', 'ambiguous'),
  handler: (argv) => {
    const { grammar } = layeredGrammar({
      levels: integerFlag('levels', argv.levels, 1),
      symbols: integerFlag('symbols', argv.symbols, 1),
      rules: { 2: integerFlag('m2', argv.m2, 0), 3: integerFlag('m3', argv.m3, 0) },
      overlap: numberFlag('overlap', argv.overlap, 0),
      repeat: argv.sameRules,
      seed: argv.seed,
    })
    // Symbols that no string uses are refused when the text is read again.
    const notation = formatPcfg(usefulPart(grammar))
    if (argv.json) printJson({ text: notation })
    else process.stdout.write(notation)
  },
})

const showCommand = defineCommand({
  command: 'show <file>',
  aliases: ['stats'],
  describe: 'sizes, entropy and thresholds of a grammar; moments of a PCFG',
  builder: (yargs) =>
    yargs
      .positional('file', required('grammar JSON, or a PCFG in NLTK notation (.pcfg)'))
      .example('$0 grammar show g.json', '')
      .example('$0 grammar stats toy.pcfg', 'partition function, expected length, derivational entropy'),
  handler: ({ file, json }) => {
    const grammar = readAnyGrammar(file)
    const { facts, lines } = isPcfg(grammar) ? describePcfg(grammar) : describeRhm(grammar.grammar)
    if (json) printJson(facts)
    else lines.forEach(printLine)
  },
})

const sampleCommand = defineCommand({
  command: 'sample <file>',
  describe: "draw strings from a PCFG in NLTK's text notation",
  builder: (yargs) =>
    yargs
      .positional('file', required('PCFG text file'))
      .option('count', { type: 'string', default: '10' })
      .option('seed', { type: 'string', default: '0' })
      .example('$0 grammar sample toy.pcfg --count 5', ''),
  handler: (argv) => {
    const grammar = readAnyGrammar(argv.file)
    if (!isPcfg(grammar))
      throw new InputError('grammar', argv.file, 'a PCFG in NLTK notation, or a JSON object of rules')
    const count = integerFlag('count', argv.count, 0)
    for (let id = 0; id < count; id++) {
      const tokens = yieldOf(samplePcfg(grammar, stream(argv.seed, 'pcfg', id)))
      const words = tokens.map((token) => grammar.terminals[token]!)
      if (argv.json) printJson({ id, tokens, text: words })
      else printLine(words.join(' '))
    }
  },
})

export const grammarCommand = defineCommand({
  command: 'grammar',
  describe: 'make and look at grammars',
  builder: (yargs) =>
    yargs
      .command(newCommand)
      .command(layeredCommand)
      .command(showCommand)
      .command(sampleCommand)
      .demandCommand(1, 'name what to do: new, layered, show or sample'),
  handler: () => {},
})

function weightsOf(argv: {
  readonly zipf: string | undefined
  readonly zipfLevels: string | undefined
}): RuleWeights {
  if (argv.zipf === undefined) {
    refuseFlags(argv, ['zipf-levels'], '--zipf EXPONENT with it')
    return { kind: 'uniform' }
  }
  const levels = argv.zipfLevels?.split(',').map((level) => integerFlag('zipf-levels', level, 1))
  return { kind: 'zipf', exponent: numberFlag('zipf', argv.zipf, 0), levels }
}

function summary(grammar: Rhm) {
  const { v, m, s, L, n, seed } = grammar
  const fraction = m / v ** (s - 1)
  return {
    v,
    m,
    s,
    L,
    n,
    seed,
    tokens: stringLength(grammar),
    strings: countStrings(grammar),
    grammaticalFraction: fraction,
    entropyNats: stringEntropy(compile(grammar)),
    thresholds: fraction < 1 ? dataThresholds(grammar).reuse.map(Math.round) : null,
  }
}

/** Facts of a general grammar, and their lines. */
function describePcfg(grammar: Pcfg) {
  const { partition, expectedLength, derivationalEntropy } = pcfgMoments(grammar)
  const facts = {
    nonterminals: grammar.nonterminals.length,
    terminals: grammar.terminals.length,
    rules: grammar.rules.length,
    partition,
    expectedLength: finiteOrNull(expectedLength),
    derivationalEntropyNats: finiteOrNull(derivationalEntropy),
  }
  const shown = (value: number | null) => value?.toFixed(4) ?? 'infinite'
  const lines = [
    `PCFG  ${facts.nonterminals} nonterminals, ${facts.terminals} terminals, ${facts.rules} rules`,
    `partition     ${partition.toFixed(4)} of all derivations end`,
    `length        ${shown(facts.expectedLength)} tokens expected`,
    `entropy       ${shown(facts.derivationalEntropyNats)} nats per derivation`,
  ]
  return { facts, lines }
}

/** The same of a hierarchical one. */
function describeRhm(grammar: Rhm) {
  const facts = summary(grammar)
  const { v, m, s, L, n, seed, thresholds } = facts
  const lines = [
    `Random Hierarchy Model  v=${v} m=${m} s=${s} L=${L} n=${n}  seed ${seed}`,
    `strings       ${facts.strings} of ${facts.tokens} tokens`,
    `entropy H     ${facts.entropyNats.toFixed(4)} nats per string`,
    `grammatical   ${facts.grammaticalFraction.toFixed(4)} of all tuples`,
    `P* by level   ${thresholds?.join(', ') ?? 'none: every tuple is grammatical'}  (leaves first)`,
  ]
  return { facts, lines }
}
