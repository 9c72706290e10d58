import { describe, expect, test } from 'vitest'
import { InputError, requireInteger } from '../../common/error.js'

describe('an input error', () => {
  const shown = (value: unknown) => {
    const { message } = new InputError('field', value, 'better')
    expect(message).toMatch(/^field: got .*, expected better$/)
    return message.slice('field: got '.length, -', expected better'.length)
  }

  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    ['text', '"text"'],
    [2n ** 70n, '1180591620717411303424'],
    [{ a: [1, 'x'] }, '{"a":[1,"x"]}'],
    // Has no JSON.
    [Symbol('s'), 'Symbol(s)'],
  ])('shows %o as %s', (value, text) => {
    expect(shown(value)).toBe(text)
  })

  test('is one line of at most 120 characters of the value, with any white space a space', () => {
    expect(shown('a\n\n\t b')).toBe('"a b"')
    expect(shown('x'.repeat(118))).toBe(`"${'x'.repeat(118)}"`)
    expect(shown('x'.repeat(119))).toBe(`"${'x'.repeat(116)}...`)
  })

  test('says its name and its parts', () => {
    expect(new InputError('field', 3, 'better')).toMatchObject({
      name: 'InputError',
      field: 'field',
      value: 3,
      expected: 'better',
    })
  })
})

describe('a required integer', () => {
  test('is one of its range, ends counted', () => {
    for (const value of [2, 3, 4]) expect(requireInteger('n', value, 2, 4)).toBe(value)
    expect(requireInteger('n', Number.MAX_SAFE_INTEGER, 2)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test.each([1, 5, 2.5, Number.NaN, '3', undefined])('refuses %o, naming the range 2 to 4', (value) => {
    expect(() => requireInteger('n', value, 2, 4)).toThrow(/^n: got .*, expected an integer from 2 to 4$/)
  })

  test('names the least where there is no greatest', () => {
    expect(() => requireInteger('n', 1, 2)).toThrow('n: got 1, expected an integer of at least 2')
  })
})
