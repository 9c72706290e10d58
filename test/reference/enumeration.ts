import { choiceCount, type Derivation, derive, logProbability } from '../../grammar/rhm/derivation.js'
import { unrank } from '../../grammar/rhm/rank.js'
import { countStrings } from '../../grammar/rhm/rhm.js'
import type { RhmTables } from '../../grammar/rhm/tables.js'
import type { Denoiser } from '../../model/denoiser.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'

/** A language as a list: every string with its probability. The slow truth that fast code is checked against. */
export interface Language {
  readonly strings: readonly Int32Array[]
  readonly probabilities: readonly number[]
}

/** Every derivation of a small grammar. */
export function allDerivations(tables: RhmTables): Derivation[] {
  const choices = new Int32Array(choiceCount(tables))
  return Array.from({ length: Number(countStrings(tables.grammar)) }, (_, i) => {
    unrank(tables, BigInt(i), choices)
    return derive(tables, choices)
  })
}

export function enumerate(tables: RhmTables): Language {
  const derivations = allDerivations(tables)
  return {
    strings: derivations.map((derivation) => derivation.levels[0]!),
    probabilities: derivations.map((derivation) => Math.exp(logProbability(tables, derivation))),
  }
}

/** The exact posterior over a list of strings, mixed with a uniform guess: p = (1 − guess)·posterior + guess/V. */
export function listDenoiser(language: Language, length: number, vocabulary: number, guess = 0): Denoiser {
  return {
    length,
    vocabulary,
    process: MASKING,
    preferredBatch: 64,
    async logProbabilities(strings) {
      const out = new Float64Array(strings.length * vocabulary)
      for (let row = 0; row < strings.length; row += length) {
        const counts = new Float64Array(length * vocabulary)
        let total = 0
        language.strings.forEach((string, i) => {
          for (let t = 0; t < length; t++)
            if (strings[row + t] !== vocabulary && strings[row + t] !== string[t]) return
          total += language.probabilities[i]!
          for (let t = 0; t < length; t++) counts[t * vocabulary + string[t]!]! += language.probabilities[i]!
        })
        for (let j = 0; j < counts.length; j++) {
          const posterior = total > 0 ? counts[j]! / total : 1 / vocabulary
          out[row * vocabulary + j] = Math.log((1 - guess) * posterior + guess / vocabulary)
        }
      }
      return out
    },
  }
}
