/**
 * Bad input from a person: a flag, a file, a configuration. The message is one line that names the field,
 * shows the value and says what would be right. The command line turns it into exit code 2.
 */
export class InputError extends Error {
  override readonly name = 'InputError'

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`${field}: got ${show(value)}, expected ${expected}`)
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text =
    typeof value === 'string' ? `"${value}"` : typeof value === 'bigint' ? `${value}` : JSON.stringify(value)
  const line = (text ?? String(value)).replace(/\s+/g, ' ')
  return line.length > 120 ? `${line.slice(0, 117)}...` : line
}

/** Throws an {@link InputError} unless `value` is an integer in [min, max]. */
export function requireInteger(
  field: string,
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    const range =
      max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`
    throw new InputError(field, value, range)
  }
  return value
}
