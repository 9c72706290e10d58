import type { CommandModule } from 'yargs'
import { question, withStrings } from '../language-input.js'
import { printJson, printLine } from '../output.js'

export const parseCommand: CommandModule = {
  command: 'parse [file]',
  describe: 'the most probable tree of each string',
  builder: (yargs) =>
    withStrings(yargs).example(
      'echo "the dog runs" | $0 parse --grammar toy.pcfg',
      'one tree per line, or "no parse"',
    ),
  handler: (argv) => {
    const { language, strings, json } = question(argv)
    for (const tokens of strings) {
      const tree = language.best(tokens)?.tree ?? null
      if (json) printJson({ tree })
      else printLine(tree ?? 'no parse')
    }
  },
}
