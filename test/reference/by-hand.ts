import { tokenMatrix } from '../../common/strings.js'
import { rhmSource } from '../../corpus/rhm.js'
import { parseRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'

/** Blocks 00 and 01 are the symbols 0 and 1; a string is 0 1 or 1 0 of them, equally often: 0001 and 0100. */
export const twoStrings = rhmSource(
  compile(
    parseRhm({
      kind: 'rhm',
      v: 2,
      m: 1,
      s: 2,
      L: 2,
      n: 2,
      levels: [
        { level: 2, rules: [[[0, 1]], [[1, 0]]] },
        { level: 1, rules: [[[0, 0]], [[0, 1]]] },
      ],
      seed: 'by hand',
    }),
  ),
)

/** Strings as they are written, a digit per token. */
export const strings = (...rows: string[]) =>
  tokenMatrix(
    rows.map((row) => Array.from(row, Number)),
    rows[0]!.length,
  )

/** Is sure of one string, whatever it is shown; keeps what it was shown, a row per string. */
export function sureOf(text: string, vocabulary = 2): Denoiser & { readonly shown: string[] } {
  const shown: string[] = []
  return {
    length: text.length,
    vocabulary,
    process: MASKING,
    preferredBatch: 1000,
    shown,
    async logProbabilities(rows) {
      for (let at = 0; at < rows.length; at += text.length)
        shown.push(rows.subarray(at, at + text.length).join(''))
      const out = new Float64Array(rows.length * vocabulary).fill(Number.NEGATIVE_INFINITY)
      for (let at = 0; at < rows.length; at++) out[at * vocabulary + Number(text[at % text.length])] = 0
      return out
    },
  }
}
