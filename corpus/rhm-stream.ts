import { InputError, requireInteger } from '../common/error.js'
import { permutation } from '../common/permutation.js'
import { type Random, stream, uniformInteger } from '../common/random.js'
import { type Choices, choiceCount, derive, deriveTokens, drawChoices } from '../grammar/rhm/derivation.js'
import { rank, unrank, unrankSmall } from '../grammar/rhm/rank.js'
import { countStrings, isUniform } from '../grammar/rhm/rhm.js'
import type { RhmTables } from '../grammar/rhm/tables.js'
import type { CorpusBlock } from './source.js'
import type { CorpusSpec } from './spec.js'

/** Strings per block: the unit of streaming, and of keyed random streams. */
const BLOCK = 1024

/**
 * Streams a corpus, training split first, in blocks of up to 1,024 strings. With uniform rules and no
 * replacement memory is constant: string i is the derivation whose rank is the i-th position of a keyed
 * permutation of [0, |X|). With unequal rules distinct strings are found by rejection, which remembers ranks.
 * Throws InputError where the grammar has too few strings.
 */
export function* streamRhm(tables: RhmTables, spec: CorpusSpec): Generator<CorpusBlock> {
  requireInteger('train', spec.train, 0)
  requireInteger('test', spec.test, 0)
  const copies = requireInteger('duplicates', spec.duplicates ?? 1, 1)
  const distinct = Math.ceil(spec.train / copies)
  const both = spec.half ? 2 * distinct : distinct
  if (!spec.replacement) requireStrings(tables, spec, both + spec.test)
  const next = drawer(tables, spec, both)
  const length = choiceCount(tables)
  const drawn = new Int32Array(length)
  let drawnIndex = -1
  for (const [split, count, offset, repeat] of [
    ['train', spec.train, spec.half === 'second' ? distinct : 0, copies],
    ['test', spec.test, both, 1],
  ] as const) {
    for (let first = 0; first < count; first += BLOCK) {
      const size = Math.min(BLOCK, count - first)
      const choices = new Int32Array(size * length)
      const tokens = new Int32Array(size * tables.d)
      for (let i = 0; i < size; i++) {
        const index = offset + Math.floor((first + i) / repeat)
        // Every index in turn, also those of the other half: some drawers remember what they drew.
        while (drawnIndex < index) next(++drawnIndex, drawn)
        choices.set(drawn, i * length)
        deriveTokens(tables, drawn, tokens, i * tables.d)
      }
      yield {
        split,
        first,
        strings: { tokens, count: size, length: tables.d },
        tree: (i) => latents(tables, choices.subarray(i * length, (i + 1) * length)),
      }
    }
  }
}

/** Latent levels of a derivation, root first, tokens left out. */
function latents(tables: RhmTables, choices: Choices): number[][] {
  const { levels } = derive(tables, choices)
  return levels
    .slice(1)
    .reverse()
    .map((symbols) => [...symbols])
}

/** Writes the choices of the index-th string; indices are asked for in increasing order. */
type Drawer = (index: number, out: Choices) => void

function drawer(tables: RhmTables, spec: CorpusSpec, trainStrings: number): Drawer {
  if (spec.replacement) return independent(tables, spec, trainStrings)
  if (!isUniform(tables.grammar)) return rejecting(tables, spec.seed)
  const size = countStrings(tables.grammar)
  const order = permutation(size, spec.seed, 'corpus')
  return size <= 2n ** 52n
    ? (index, out) => unrankSmall(tables, order.at(index), out)
    : (index, out) => unrank(tables, order.atBig(BigInt(index)), out)
}

/** Independent draws; test strings are redrawn until they are no training string. */
function independent(tables: RhmTables, spec: CorpusSpec, trainStrings: number): Drawer {
  const size = countStrings(tables.grammar)
  const train = new Set<bigint>()
  const draw = { train: sequence(tables, spec.seed, 'train'), test: sequence(tables, spec.seed, 'test') }
  return (index, out) => {
    if (index < trainStrings) {
      draw.train(out)
      if (spec.test > 0) train.add(rank(tables, out))
      if (BigInt(train.size) === size)
        throw new InputError('test', spec.test, '0: the training strings cover the whole language')
    } else
      drawNew(
        () => draw.test(out),
        () => !train.has(rank(tables, out)),
        'test',
        spec.test,
      )
  }
}

/** Successive independent draws from the grammar, one keyed stream per block of draws. */
function sequence(tables: RhmTables, seed: string, purpose: string): (out: Choices) => void {
  const uniform = isUniform(tables.grammar)
  let index = 0
  let random: Random
  return (out) => {
    if (index % BLOCK === 0) random = stream(seed, `corpus/${purpose}`, index / BLOCK)
    index++
    if (!uniform) return drawChoices(tables, random, out)
    out[0] = uniformInteger(random, tables.n)
    for (let i = 1; i < out.length; i++) out[i] = uniformInteger(random, tables.m)
  }
}

/** Draws that are repeated until they are new. */
function rejecting(tables: RhmTables, seed: string): Drawer {
  const draw = sequence(tables, seed, 'corpus')
  const seen = new Set<bigint>()
  return (_, out) => {
    drawNew(
      () => draw(out),
      () => !seen.has(rank(tables, out)),
      'train',
      seen.size,
    )
    seen.add(rank(tables, out))
  }
}

const PATIENCE = 1_000_000

/** Draws again until something is new. Throws InputError naming the split that asks for too much of it. */
function drawNew(draw: () => void, isNew: () => boolean, split: string, count: number): void {
  for (let tries = 0; tries < PATIENCE; tries++) {
    draw()
    if (isNew()) return
  }
  throw new InputError(
    split,
    count,
    `fewer strings: ${PATIENCE} draws in a row found no new one under these rule weights`,
  )
}

function requireStrings(tables: RhmTables, { train }: CorpusSpec, needed: number): void {
  const size = countStrings(tables.grammar)
  if (BigInt(needed) > size)
    throw new InputError(
      'train',
      train,
      `P + Q of at most |X| = ${size} distinct strings (P + Q = ${needed})`,
    )
}
