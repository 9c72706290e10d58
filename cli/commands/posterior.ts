import type { CommandModule } from 'yargs'
import { finiteOrNull, question, withStrings } from '../language-input.js'
import { printJson, printLine } from '../output.js'

export const posteriorCommand: CommandModule = {
  command: 'posterior [file]',
  describe: 'exact distribution of every token of partly masked strings',
  builder: (yargs) =>
    withStrings(yargs)
      .example('echo "4 5 _ 7 5 1 _ 7" | $0 posterior --grammar g.json', 'one line per hidden token')
      .example(
        '$0 posterior --grammar g.json masked.txt --json',
        'one distribution per position, token ids in order',
      ),
  handler: (argv) => {
    const { language, strings, json } = question(argv)
    const { terminals } = language
    let line = 0
    for (const tokens of strings) {
      line++
      const flat = Array.from(language.marginals(tokens))
      const marginals = Array.from(tokens, (_, t) =>
        flat.slice(t * terminals.length, (t + 1) * terminals.length),
      )
      const logProb = finiteOrNull(language.logProbability(tokens))
      if (json) {
        printJson({ logProb, marginals })
        continue
      }
      tokens.forEach((token, t) => {
        if (token !== terminals.length) return
        const shares = marginals[t]!.map((p, id) => ({ p, text: terminals[id]! }))
          .filter(({ p }) => p > 0)
          .sort((a, b) => b.p - a.p)
        const shown = shares.map(({ p, text }) => `${text} ${p.toFixed(4)}`).join('  ')
        printLine(`${line}:${t + 1}\t${shown || 'impossible'}`)
      })
    }
  },
}
