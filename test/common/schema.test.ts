import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseWith } from '../../common/schema.js'

const shape = z.strictObject({
  count: z.int().min(1).max(9).optional(),
  rate: z.number().gt(0).lt(1).optional(),
  name: z.string().min(1).optional(),
  mood: z.enum(['up', 'down']).optional(),
  list: z.array(z.object({ on: z.boolean() })).optional(),
  even: z
    .number()
    .refine((value) => value % 2 === 0, 'an even number')
    .optional(),
  size: z
    .union([z.number(), z.strictObject({ width: z.number(), at: z.strictObject({ x: z.number() }) })])
    .optional(),
  form: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('a'), n: z.number() }),
      z.strictObject({ kind: z.literal('b') }),
    ])
    .optional(),
})
const message = (value: unknown) => {
  try {
    parseWith(shape, value, 'config')
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

test('what fits a schema comes back as the schema makes it', () => {
  expect(parseWith(z.object({ n: z.number().default(3) }), {}, 'config')).toEqual({ n: 3 })
})

describe('what does not fit is refused by field, value and what would be right', () => {
  test.each([
    [{ count: 1.5 }, 'config.count: got 1.5, expected an integer'],
    [{ count: 'x' }, 'config.count: got "x", expected a number'],
    [{ count: 0 }, 'config.count: got 0, expected at least 1'],
    [{ count: 10 }, 'config.count: got 10, expected at most 9'],
    [{ rate: 0 }, 'config.rate: got 0, expected more than 0'],
    [{ rate: 1 }, 'config.rate: got 1, expected less than 1'],
    [{ name: '' }, 'config.name: got "", expected at least 1 character'],
    [{ mood: 'left' }, 'config.mood: got "left", expected one of up, down'],
    [{ list: 3 }, 'config.list: got 3, expected an array'],
    [{ list: [{ on: true }, { on: 1 }] }, 'config.list.1.on: got 1, expected a boolean'],
    [{ even: 3 }, 'config.even: got 3, expected an even number'],
    [{ speed: 3 }, 'config.speed: got 3, expected no such field: nothing reads it'],
    [7, 'config: got 7, expected an object'],
    [undefined, 'config: got nothing, expected an object'],
    [{ form: { kind: 'c' } }, 'config.form.kind: got "c", expected one of a, b'],
  ])('%o', (value, expected) => {
    expect(message(value)).toBe(expected)
  })

  test('of two forms, the one that got furthest says what is wrong', () => {
    expect(message({ size: { width: 1, at: { x: 'far' } } })).toBe(
      'config.size.at.x: got "far", expected a number',
    )
    // As far as each other: the one with fewer complaints.
    const either = z.union([z.object({ a: z.number(), b: z.number() }), z.object({ c: z.string() })])
    expect(() => parseWith(either, {}, 'config')).toThrow('config.c: got nothing, expected a string')
  })

  test('of one form, the first complaint', () => {
    const either = z.union([z.object({ a: z.number(), deep: z.object({ x: z.number() }) }), z.string()])
    expect(() => parseWith(either, { a: 'x', deep: { x: 'y' } }, 'config')).toThrow('config.a: got "x"')
  })

  test('a value that the schema rewrites before it checks is shown as it was checked', () => {
    const renamed = z.preprocess(
      (value) => ({ new: (value as { old: unknown }).old }),
      z.object({ new: z.int() }),
    )
    expect(() => parseWith(renamed, { old: 'x' }, 'config')).toThrow('config.new: got "x", expected')
    const told = z.preprocess(
      (value) => ({ ...(value as object), extra: 5 }),
      z.strictObject({ n: z.number() }),
    )
    expect(() => parseWith(told, { n: 1 }, 'config')).toThrow('config.extra: got 5, expected no such field')
    expect(() => parseWith(z.object({ at: told }), { at: { n: 1 } }, 'config')).toThrow(
      'config.at.extra: got 5, expected no such field',
    )
  })
})
