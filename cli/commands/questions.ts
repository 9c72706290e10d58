import type { CommandModule } from 'yargs'
import { hierarchicalLanguage, type Language, pcfgLanguage } from '../../grammar/inference/language.js'
import { INFINITE } from '../../grammar/inference/semiring.js'
import { defineCommand, required, text } from '../command.js'
import { isPcfg, readAnyGrammar } from '../grammar-input.js'
import { finiteOrNull, MASK, stringsOf } from '../language-input.js'
import { printJson, printLine } from '../output.js'

/** What a grammar is asked about each of some strings. */
interface Question {
  readonly name: string
  readonly describe: string
  readonly examples: [command: string, description: string][]
  /** The answer as an object, and as lines of text; `line` is the string's, from 1. */
  answer(language: Language, tokens: Int32Array, line: number): { facts: object; lines: readonly string[] }
}

function ask({ name, describe, examples, answer }: Question): CommandModule {
  return defineCommand({
    command: `${name} [file]`,
    describe,
    builder: (yargs) =>
      yargs
        .option(
          'grammar',
          required('grammar JSON, a PCFG in NLTK notation (.pcfg), or JSON {symbol: [right-hand sides]}'),
        )
        .positional(
          'file',
          text(`strings, one per line, tokens separated by spaces, hidden ones ${MASK} (default stdin)`),
        )
        .example(examples),
    handler: ({ grammar: path, file, json }) => {
      const grammar = readAnyGrammar(path)
      const language = isPcfg(grammar) ? pcfgLanguage(grammar) : hierarchicalLanguage(grammar)
      let line = 0
      for (const tokens of stringsOf(file, language)) {
        const { facts, lines } = answer(language, tokens, ++line)
        if (json) printJson(facts)
        else lines.forEach(printLine)
      }
    },
  })
}

export const parseCommand = ask({
  name: 'parse',
  describe: 'the most probable tree of each string',
  examples: [['echo "the dog runs" | $0 parse --grammar toy.pcfg', 'one tree per line, or "no parse"']],
  answer(language, tokens) {
    const tree = language.best(tokens)?.tree ?? null
    return { facts: { tree }, lines: [tree ?? 'no parse'] }
  },
})

export const logprobCommand = ask({
  name: 'logprob',
  describe: 'exact ln P of each string (of its visible tokens, where some are hidden), parses, best parse',
  examples: [
    ['$0 logprob --grammar g.json strings.txt', 'nats, parses and best tree, tab-separated'],
    ['echo "4 5 _ 7 5 1 5 7" | $0 logprob --grammar g.json --json', ''],
  ],
  answer(language, tokens) {
    const logProb = finiteOrNull(language.logProbability(tokens))
    const count = language.countParses(tokens)
    const parses = count === INFINITE ? 'infinite' : String(count)
    const found = language.best(tokens)
    const best = found ? { logProb: found.logProbability, tree: found.tree } : null
    const line = [logProb ?? '-inf', parses, best?.tree ?? 'no parse'].join('\t')
    return { facts: { logProb, parses, best }, lines: [line] }
  },
})

export const posteriorCommand = ask({
  name: 'posterior',
  describe: 'exact distribution of every token of partly masked strings',
  examples: [
    ['echo "4 5 _ 7 5 1 _ 7" | $0 posterior --grammar g.json', 'one line per hidden token'],
    ['$0 posterior --grammar g.json masked.txt --json', 'one distribution per position, token ids in order'],
  ],
  answer(language, tokens, line) {
    const { terminals } = language
    const flat = Array.from(language.marginals(tokens))
    const marginals = Array.from(tokens, (_, t) =>
      flat.slice(t * terminals.length, (t + 1) * terminals.length),
    )
    const lines = marginals.flatMap((distribution, t) => {
      if (tokens[t] !== terminals.length) return []
      const shares = distribution
        .map((p, id) => ({ p, text: terminals[id]! }))
        .filter(({ p }) => p > 0)
        .sort((a, b) => b.p - a.p)
      const shown = shares.map(({ p, text }) => `${text} ${p.toFixed(4)}`).join('  ')
      return [`${line}:${t + 1}\t${shown || 'impossible'}`]
    })
    return { facts: { logProb: finiteOrNull(language.logProbability(tokens)), marginals }, lines }
  },
})

export const editDistanceCommand = ask({
  name: 'edit-distance',
  describe:
    'how many tokens of each string must change: per level of a hierarchical grammar, or to a PCFG’s language',
  examples: [['$0 edit-distance --grammar g.json samples.txt', 'levels 1..L, leaves first']],
  answer(language, tokens) {
    const all = language.editDistances(tokens).map(finiteOrNull)
    const distance = all.at(-1)!
    const levels = language.length === undefined ? undefined : all.slice(1)
    const line = (levels ?? [distance]).map((value) => value ?? 'impossible').join('\t')
    return { facts: levels ? { distance, levels } : { distance }, lines: [line] }
  },
})
