import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream } from '../../common/random.js'
import { choiceCount, derive, drawChoices } from '../../grammar/rhm/derivation.js'
import { type Intervention, intervene } from '../../grammar/rhm/intervention.js'
import { parse } from '../../grammar/rhm/parse.js'
import { nodesAt } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { smallGrammar } from './arbitrary.js'

const settings = fc.record({
  grammar: smallGrammar.filter(({ m, v, n }) => m > 1 && v > 1 && n > 1),
  seed: fc.nat(),
  change: fc.constantFrom('rule', 'symbol'),
  descendants: fc.constantFrom('kept', 'redrawn'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
})

test('an intervention changes one node’s rule or symbol, nothing outside its block and nothing above', () => {
  fc.assert(
    fc.property(settings, ({ grammar, seed, change, descendants, at }) => {
      const tables = compile(grammar)
      const random = stream(`${seed}`, 'intervention')
      const choices = new Int32Array(choiceCount(tables))
      drawChoices(tables, random, choices)
      const before = derive(tables, choices)
      const level = 1 + Math.floor(at * tables.L)
      const node = Math.floor(at * nodesAt(tables, level))
      const after = intervene(tables, before, { level, node, change, descendants } as Intervention, random)
      // The block parses to the node's new symbol, by another rule where only the rule changed.
      const parsed = parse(tables, after.levels[0]!)
      expect(parsed[level]![node]).toBe(after.levels[level]![node])
      expect(after.levels[level]![node] === before.levels[level]![node]).toBe(change === 'rule')
      const children = (d: typeof before) =>
        d.levels[level - 1]!.slice(node * tables.s, (node + 1) * tables.s)
      expect(children(after)).not.toEqual(children(before))
      for (let l = 0; l <= tables.L; l++) {
        const size = l < level ? tables.s ** (level - l) : 1
        after.levels[l]!.forEach((symbol, i) => {
          const inside = l <= level && Math.floor(i / size) === node
          if (!inside) expect(symbol).toBe(before.levels[l]![i])
        })
      }
      // A synonym leaves the string in the language.
      if (change === 'rule') expect(parsed[tables.L]![0]).toBe(before.levels[tables.L]![0])
    }),
    { numRuns: 200 },
  )
})
