import { readFileSync } from 'node:fs'
import { InputError } from '../common/error.js'
import { readText } from '../common/files.js'
import type { Language } from '../grammar/inference/language.js'

/** How a hidden token is written. */
export const MASK = '_'

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
