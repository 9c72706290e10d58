import type { CommandModule } from 'yargs'
import { INFINITE } from '../../grammar/inference/semiring.js'
import { finiteOrNull, question, withStrings } from '../language-input.js'
import { printJson, printLine } from '../output.js'

export const logprobCommand: CommandModule = {
  command: 'logprob [file]',
  describe: 'exact ln P of each string (of its visible tokens, where some are hidden), parses, best parse',
  builder: (yargs) =>
    withStrings(yargs)
      .example('$0 logprob --grammar g.json strings.txt', 'nats, parses and best tree, tab-separated')
      .example('echo "4 5 _ 7 5 1 5 7" | $0 logprob --grammar g.json --json', ''),
  handler: (argv) => {
    const { language, strings, json } = question(argv)
    for (const tokens of strings) {
      const logProb = finiteOrNull(language.logProbability(tokens))
      const count = language.countParses(tokens)
      const parses = count === INFINITE ? 'infinite' : String(count)
      const found = language.best(tokens)
      const best = found ? { logProb: found.logProbability, tree: found.tree } : null
      if (json) printJson({ logProb, parses, best })
      else printLine([logProb ?? '-inf', parses, best?.tree ?? 'no parse'].join('\t'))
    }
  },
}
