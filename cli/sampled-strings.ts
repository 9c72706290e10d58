import type { Argv } from 'yargs'
import { writeJsonLines } from '../common/files.js'
import { row, type TokenMatrix } from '../common/strings.js'
import { text } from './command.js'
import { printJson, say } from './output.js'

/** Flags of commands that draw strings. */
export function withSampling<T>(yargs: Argv<T>) {
  return yargs
    .option('temperature', { type: 'string', default: '1' })
    .option('seed', { type: 'string', default: '0' })
    .option('out', text('JSON-lines file (default stdout)'))
}

/** Writes drawn strings to a file, or to stdout where none is named; `from` ends what is said about the file. */
export function writeStrings(strings: TokenMatrix, out: string | undefined, from = ''): void {
  const lines = Array.from({ length: strings.count }, (_, id) => ({
    id,
    tokens: Array.from(row(strings, id)),
  }))
  if (out === undefined) {
    for (const line of lines) printJson(line)
    return
  }
  writeJsonLines(out, lines)
  say(`${out}: ${strings.count} strings${from}`)
}
