import { InputError } from '../common/error.js'
import { readJson, readText } from '../common/files.js'
import type { Source } from '../corpus/source.js'
import { parsePcfg } from '../grammar/pcfg/notation.js'
import type { Pcfg } from '../grammar/pcfg/pcfg.js'
import { parseRulesJson } from '../grammar/pcfg/rules-json.js'
import { parseRhm } from '../grammar/rhm/rhm.js'
import { compile, type RhmTables } from '../grammar/rhm/tables.js'
import { readSource } from '../run/source.js'

/** Reads a grammar file as a source of strings. */
export function readGrammar(path: string): Source {
  return readSource(readJson(path, 'grammar'))
}

/** A grammar of either kind: .pcfg files are NLTK notation; JSON is a hierarchical grammar, or an object of rules. */
export function readAnyGrammar(path: string): RhmTables | Pcfg {
  if (path.endsWith('.pcfg')) return parsePcfg(readText(path, 'grammar'), path)
  const value = readJson(path, 'grammar')
  const isRules = typeof value === 'object' && value !== null && !('kind' in value)
  return isRules ? parseRulesJson(value, path) : compile(parseRhm(value))
}

/** Whether a grammar is a general one. */
export function isPcfg(grammar: RhmTables | Pcfg): grammar is Pcfg {
  return 'kind' in grammar
}

/** The integer a flag holds. Throws InputError where it is missing or none. */
export function integerFlag(name: string, value: string | undefined, min: number, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback
  const number = Number(value)
  if (value === undefined || value.trim() === '' || !Number.isSafeInteger(number) || number < min) {
    throw new InputError(`--${name}`, value, `an integer of at least ${min}`)
  }
  return number
}

/** The number a flag holds. Throws InputError where it is none. */
export function numberFlag(name: string, value: string, min: number): number {
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number) || number < min) {
    throw new InputError(`--${name}`, value, `a number of at least ${min}`)
  }
  return number
}

/** Refuses flags that a command would not read as it is called; `needed` says with what it would. */
export function refuseFlags(flags: object, names: readonly string[], needed: string): void {
  const values = new Map<string, unknown>(Object.entries(flags))
  for (const name of names) {
    const value = values.get(name)
    if (value !== undefined && value !== false) throw new InputError(`--${name}`, value, needed)
  }
}
