import { describe, expect, test } from 'vitest'
import { measurePcfgSamples } from '../../analysis/pcfg-samples.js'
import { layersOf } from '../../grammar/pcfg/layered.js'
import { parsePcfg } from '../../grammar/pcfg/notation.js'

/** One or two parts a, aa, b or bc; aa is one part or two. */
const layered = layersOf(parsePcfg("S -> A | A A\nA -> 'a' | 'a' 'a' | 'b' | 'b' 'c'"))
const read = (text: string) => Array.from(text, (c) => 'abc'.indexOf(c))

describe('samples of a grammar whose strings differ in length', () => {
  // bbb is three parts where two make a string; in bca all tokens are covered; in acb the c is not, and in c nothing.
  const samples = ['aa', 'ab', 'ab', 'bca', 'bbb', 'acb', 'c', 'aaa'].map(read)
  const measured = () => measurePcfgSamples(layered, samples, ['ab', 'ab', 'c', 'cc'].map(read))

  test('are counted', () => {
    expect(measured()).toMatchObject({ samples: 8, distinct: 7 / 8 })
  })

  test('split into parts of each level, and are of the language, as far as looking tells', () => {
    // Of 8 there are 6 that split into parts; acb is covered but for one of three, c not at all.
    const [parts, language, ...none] = measured().levels
    expect(none).toEqual([])
    expect([parts!.level, parts!.valid, parts!.covered]).toEqual([
      1,
      6 / 8,
      expect.closeTo((6 + 2 / 3) / 8, 12),
    ])
    expect([language!.level, language!.valid, language!.covered]).toEqual([2, 5 / 8, 5 / 8])
    // Of 6 and 5 of 8, as tables have them.
    const ends = [0.349144, 0.968146].map((end) => expect.closeTo(end, 5))
    expect(parts!.interval).toEqual(ends)
    expect(language!.interval).toEqual([0.244863, 0.914766].map((end) => expect.closeTo(end, 5)))
  })

  test('have several parses where a listing of all has several', () => {
    // aa: one part, or two. aaa: aa a, or a aa. The others have one.
    expect(measured().ambiguous).toBe(2 / 5)
    expect(measurePcfgSamples(layered, [read('c'), read('bbb')]).ambiguous).toBeNull()
    expect(measurePcfgSamples(layered, [read('ab')]).ambiguous).toBe(0)
    // Three levels: what a symbol of the second derives is no string of the language.
    const deep = layersOf(parsePcfg("S -> B B\nB -> A | A A\nA -> 'a' | 'b' 'c'"))
    expect(measurePcfgSamples(deep, [read('a')]).ambiguous).toBeNull()
    expect(measurePcfgSamples(deep, [read('a'), read('aaa')]).ambiguous).toBe(1)
  })

  test('are copies where they stand among training strings, if there are such', () => {
    expect(measured().copies!.rate).toBe(3 / 8)
    expect(measured().copies!.interval).toEqual([0.085234, 0.755137].map((end) => expect.closeTo(end, 5)))
    expect(measurePcfgSamples(layered, samples).copies).toBeNull()
    expect(measurePcfgSamples(layered, samples, []).copies!.rate).toBe(0)
  })

  test('have to be there', () => {
    expect(() => measurePcfgSamples(layered, [])).toThrow(RangeError)
  })
})
