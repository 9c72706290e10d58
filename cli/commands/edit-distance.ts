import type { CommandModule } from 'yargs'
import { finiteOrNull, question, withStrings } from '../language-input.js'
import { printJson, printLine } from '../output.js'

export const editDistanceCommand: CommandModule = {
  command: 'edit-distance [file]',
  describe:
    'how many tokens of each string must change: per level of a hierarchical grammar, or to a PCFG’s language',
  builder: (yargs) =>
    withStrings(yargs).example('$0 edit-distance --grammar g.json samples.txt', 'levels 1..L, leaves first'),
  handler: (argv) => {
    const { language, strings, json } = question(argv)
    for (const tokens of strings) {
      const all = language.editDistances(tokens).map(finiteOrNull)
      const levels = language.length === undefined ? undefined : all.slice(1)
      const distance = all.at(-1)!
      if (json) printJson(levels ? { distance, levels } : { distance })
      else printLine((levels ?? [distance]).map((value) => value ?? 'impossible').join('\t'))
    }
  },
}
