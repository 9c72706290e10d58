// What a suite of somebody else's model looks like: strings from files, metrics, matchers.
import { compile, copyReference, measureSamples, parseRhm, readTokenFile } from 'pcfg-diffusion'
import 'pcfg-diffusion/vitest'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const grammar = compile(parseRhm(JSON.parse(readFileSync('grammar.json', 'utf8'))))
const shape = { length: grammar.d, vocabulary: grammar.v }
const train = readTokenFile('train.jsonl', 'train', shape)
const metrics = (file: string) =>
  measureSamples(grammar, readTokenFile(file, 'samples', shape), copyReference(grammar, train))

test('a model that reads the whole grammar', () => {
  expect(metrics('fresh.jsonl')).toAcquireLevel(3)
  expect(metrics('fresh.jsonl')).toCopyAtMost(0.05)
  expect(metrics('fresh.jsonl')).toMatchBaseline('baseline.json', { grammar })
})

test('a model that learned its training strings by heart', () => {
  expect(metrics('train.jsonl')).not.toCopyAtMost(0.05)
  expect(metrics('train.jsonl')).not.toMatchBaseline('baseline.json', { grammar })
})

test('fails, and says what moved', () => {
  expect(metrics('train.jsonl')).toMatchBaseline('baseline.json', { grammar })
})
