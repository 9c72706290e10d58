import { InputError } from '../../common/error.js'
import type { Choices } from './derivation.js'
import { countStrings } from './rhm.js'
import type { RhmTables } from './tables.js'

/**
 * A derivation is a mixed-radix integer in [0, |X|): the root symbol is its most significant digit (radix n),
 * then one rule choice per internal node (radix m), level by level from the root.
 *
 * @example
 * ```ts
 * import { compile, randomRhm, rank } from 'pcfg-diffusion/grammar'
 *
 * const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * rank(tables, Int32Array.of(0, 0, 0, 0, 0, 0, 0, 1)) // → 1
 * rank(tables, Int32Array.of(1, 0, 0, 0, 0, 0, 0, 0)) // → 128
 * ```
 */
export function rank(tables: RhmTables, choices: Choices): bigint {
  const radix = BigInt(tables.m)
  let value = BigInt(choices[0]!)
  for (let i = 1; i < choices.length; i++) value = value * radix + BigInt(choices[i]!)
  return value
}

/**
 * The choices of the derivation with this rank; inverse of {@link rank}. Throws InputError outside [0, |X|).
 *
 * @example
 * ```ts
 * import { choiceCount, compile, derive, randomRhm, unrank } from 'pcfg-diffusion/grammar'
 *
 * const tables = compile(randomRhm({ v: 8, m: 2, s: 2, L: 3, seed: '1' }))
 * const choices = new Int32Array(choiceCount(tables))
 * unrank(tables, 1023n, choices)
 * choices // → [7, 1, 1, 1, 1, 1, 1, 1]
 * derive(tables, choices).levels[2] // → [4, 1]
 * ```
 */
export function unrank(tables: RhmTables, value: bigint, out: Choices): void {
  const total = countStrings(tables.grammar)
  if (value < 0n || value >= total) throw new InputError('rank', value, `an integer from 0 to ${total - 1n}`)
  const radix = BigInt(tables.m)
  // Many digits per BigInt division: peel off blocks that fit a double, then split those with plain arithmetic.
  const digitsPerBlock = tables.m === 1 ? out.length : Math.max(1, Math.floor(52 / Math.log2(tables.m)))
  let rest = value
  for (let end = out.length; end > 1; end -= digitsPerBlock) {
    const start = Math.max(1, end - digitsPerBlock)
    const block = radix ** BigInt(end - start)
    const quotient = rest / block
    writeDigits(Number(rest - quotient * block), tables.m, out, start, end)
    rest = quotient
  }
  out[0] = Number(rest)
}

/** {@link unrank} for ranks below 2^53, without BigInt. */
export function unrankSmall(tables: RhmTables, value: number, out: Choices): void {
  out[0] = writeDigits(value, tables.m, out, 1, out.length)
}

/** Writes the low digits of `value` to out[from..to) and returns what is left above them. */
function writeDigits(value: number, radix: number, out: Int32Array, from: number, to: number): number {
  let rest = value
  for (let i = to - 1; i >= from; i--) {
    const quotient = Math.floor(rest / radix)
    out[i] = rest - quotient * radix
    rest = quotient
  }
  return rest
}
