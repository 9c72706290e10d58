import { readFileSync } from 'node:fs'
import type { Argv } from 'yargs'
import { InputError } from '../common/error.js'
import { readText } from '../common/files.js'
import { hierarchicalLanguage, type Language, pcfgLanguage } from '../grammar/inference/language.js'
import { isPcfg, readAnyGrammar } from './grammar-input.js'

/** How a hidden token is written. */
const MASK = '_'

/** Flags of commands that ask a grammar about strings. */
export function withStrings<T>(yargs: Argv<T>) {
  return yargs
    .option('grammar', {
      type: 'string',
      demandOption: true,
      describe: 'grammar JSON, a PCFG in NLTK notation (.pcfg), or JSON {symbol: [right-hand sides]}',
    })
    .positional('file', {
      type: 'string',
      describe: `strings, one per line, tokens separated by spaces, hidden ones ${MASK} (default stdin)`,
    })
}

/** What such a command asks: its grammar, its strings in order, and whether it wants JSON. */
export function question(argv: Readonly<Record<string, unknown>>) {
  const language = readLanguage(argv.grammar as string)
  return {
    language,
    strings: stringsOf(argv.file as string | undefined, language),
    json: argv.json as boolean,
  }
}

/** Reads a grammar of either kind. */
function readLanguage(path: string): Language {
  const grammar = readAnyGrammar(path)
  return isPcfg(grammar) ? pcfgLanguage(grammar) : hierarchicalLanguage(grammar)
}

/** The strings of a file or of stdin, as token ids, in order. Throws InputError with the line that does not fit. */
export function* stringsOf(file: string | undefined, language: Language): Generator<Int32Array> {
  const [name, text] =
    file === undefined ? ['stdin', readFileSync(0, 'utf8')] : [file, readText(file, 'file')]
  const idOf = new Map(language.terminals.map((terminal, id) => [terminal, id]))
  if (!idOf.has(MASK)) idOf.set(MASK, language.terminals.length)
  const lines = text.replace(/\n$/, '').split('\n')
  for (const [index, line] of lines.entries()) {
    const field = `${name}:${index + 1}`
    const tokens = line
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => {
        const id = idOf.get(word)
        if (id === undefined) throw new InputError(field, word, `a token of the grammar, or ${MASK}`)
        return id
      })
    language.checkLength(field, tokens.length)
    yield Int32Array.from(tokens)
  }
}

/** JSON has no −∞: impossible things are null. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
