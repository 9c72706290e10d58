import { InputError } from './error.js'

/** A value at a dotted path, such as `optimiser.learningRate`. */
export type Overrides = Readonly<Record<string, unknown>>

/** A copy of a plain object with values replaced at dotted paths; missing objects on the way are made. */
export function withOverrides(base: unknown, overrides: Overrides): unknown {
  const result = structuredClone(base ?? {}) as Record<string, unknown>
  for (const [path, value] of Object.entries(overrides)) {
    const keys = path.split('.')
    if (keys.some((key) => key === '' || key in Object.prototype))
      throw new InputError(path, value, 'a dotted path of field names')
    let at = result
    for (const key of keys.slice(0, -1)) {
      const next = at[key] ?? {}
      if (typeof next !== 'object' || Array.isArray(next))
        throw new InputError(path, value, `an object at ${key}`)
      at[key] = next
      at = next as Record<string, unknown>
    }
    at[keys.at(-1)!] = value
  }
  return result
}
