/**
 * Throws unless a value prints as an example says. Fractions are compared to as many digits as are shown, whole numbers
 * exactly; everything else by its text: a string as it is or in quotes, arrays and objects as JSON, typed arrays as arrays.
 */
export function expectPrint(value: unknown, expected: string, line: number): void {
  const texts = typeof value === 'string' ? [value, print(value)] : [print(value)]
  if (!texts.some((text) => agree(text, expected)))
    throw new Error(`line ${line}: expected ${expected}, got ${texts[0]}`)
}

function print(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (ArrayBuffer.isView(value)) return print(Array.from(value as Float64Array))
  if (Array.isArray(value)) return `[${value.map(print).join(',')}]`
  if (value === null || typeof value !== 'object') return String(value)
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${print(one)}`)}}`
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g

function agree(actual: string, expected: string): boolean {
  const [ours, theirs] = [actual, expected].map((text) =>
    text.replace(/([[{,:])\s+|\s+([\]}])/g, '$1$2'),
  ) as [string, string]
  const [found, shown] = [ours.match(NUMBER) ?? [], theirs.match(NUMBER) ?? []]
  return (
    ours.replace(NUMBER, '#') === theirs.replace(NUMBER, '#') &&
    shown.every((text, i) => sameNumber(found[i]!, text))
  )
}

function sameNumber(found: string, shown: string): boolean {
  const [mantissa, exponent] = shown.split('e') as [string, string?]
  const digits = mantissa.split('.')[1]?.length
  if (digits === undefined && exponent === undefined) return found === shown
  const round = (text: string) =>
    Number(exponent === undefined ? Number(text).toFixed(digits) : Number(text).toExponential(digits ?? 0))
  return round(found) === round(shown)
}
