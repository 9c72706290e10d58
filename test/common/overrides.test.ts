import { describe, expect, test } from 'vitest'
import { withOverrides } from '../../common/overrides.js'

describe('overrides', () => {
  test('replace values at dotted paths and leave their neighbours; the original stays', () => {
    const base = { a: { b: 1, c: [2] }, d: 3 }
    const result = withOverrides(base, { 'a.b': 4, d: { e: 5 } })
    expect(result).toEqual({ a: { b: 4, c: [2] }, d: { e: 5 } })
    expect(base).toEqual({ a: { b: 1, c: [2] }, d: 3 })
  })

  test('make objects that are missing, or null, on the way', () => {
    expect(withOverrides({ a: null }, { 'a.b': 1, 'c.d.e': 2 })).toEqual({ a: { b: 1 }, c: { d: { e: 2 } } })
    expect(withOverrides(undefined, { a: 1 })).toEqual({ a: 1 })
  })

  test.each(['', 'a..b', '.a', 'a.', '__proto__.x', 'a.constructor', 'toString'])(
    'refuse the path %o: no names of fields',
    (path) => {
      expect(() => withOverrides({}, { [path]: 1 })).toThrow(/: got 1, expected a dotted path/)
    },
  )

  test.each([
    ['a number', 1],
    ['a text', 'x'],
    ['a list', [1]],
  ])('refuse a path through %s', (_, value) => {
    expect(() => withOverrides({ a: { b: value } }, { 'a.b.c': 2 })).toThrow(
      'a.b.c: got 2, expected an object at b',
    )
  })
})
